using Fovea.Engine.Graph;
using Fovea.Models;

namespace Fovea.Tests.Explanations;

/// <summary>Options of <see cref="MadeBackbone"/>.</summary>
internal sealed record MadeConfig(int Height, int Width) : NetworkConfig(Height, Width);

/// <summary>A backbone without weights whose one stage a test makes, so that its attention is known.</summary>
internal sealed class MadeBackbone(int height, int width, Func<Value, Value> build) : Backbone(new MadeConfig(height, width))
{
    public override IReadOnlyList<StageDescription> Stages => [new("stage1", 1, Channels)];

    public override int Channels => 3;

    /// <summary>A model of the backbone with a linear classifier.</summary>
    public static Model Model(int height, int width, Func<Value, Value> build) =>
        Fovea.Models.Model.From(new Network(new MadeBackbone(height, width, build), new LinearHead(3, 2)), seed: 1);

    protected override Value BuildStages(Value x) => build(x).Mark("stage1");
}
