using Fovea.Data;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Explanations;

/// <summary>Options of <see cref="PooledBackbone"/>.</summary>
internal sealed record PooledConfig() : NetworkConfig(64, 64);

/// <summary>
/// A backbone that sees nothing but the pixels below a position: means of 4×4 and of 8×8 pixels. What a dense head reads of it has a
/// known, narrow field of view.
/// </summary>
internal sealed class PooledBackbone() : Backbone(new PooledConfig())
{
    public override IReadOnlyList<StageDescription> Stages => [new("stage1", 4, 3), new("stage2", 8, 3)];

    public override int Channels => 3;

    /// <summary>A model of two classes, with fresh weights, that takes images as they are.</summary>
    public static Model With(Func<Backbone, DenseHead> head)
    {
        PooledBackbone backbone = new();
        Network network = new(backbone, head(backbone));
        ParameterStore parameters = new(network);
        parameters.Initialize(5);
        Preprocessing asTheyAre = new() { Resize = ResizeRule.None, PadTo = 16, Height = 64, Width = 64, CenterCrop = false };
        return new Model(network, parameters, new ModelInfo("test", new ModelOptions(2, 64, 64), ["cell", "spot"], asTheyAre));
    }

    protected override Value BuildStages(Value x)
    {
        Value fine = Mean(x, 4).Mark("stem").Mark("stage1");
        return Mean(fine, 2).Mark("stage2");
    }

    private static Value Mean(Value map, int side) => map.AdaptiveAveragePooling(map.Shape[1] / side, map.Shape[2] / side);
}
