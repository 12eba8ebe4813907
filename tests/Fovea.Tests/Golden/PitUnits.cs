using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>The parts of PiT that golden cases test by themselves.</summary>
internal static class PitUnits
{
    public static Module Create(GoldenCase golden) => golden.Model switch
    {
        "unit_pit_embed" => new Keyed("conv", new Conv2d(
            golden.Option("in_channels", 3),
            golden.Option("out_channels", 0),
            golden.Option("patch_size", 16),
            golden.Option("stride", 8),
            golden.Option("padding", 0))),
        "unit_pit_pool" or "unit_pit_pool_even" =>
            new OnMap(new PitPooling(golden.Option("in_feature", 0), golden.Option("out_feature", 0), golden.Option("stride", 2))),
        "unit_pit_stage" => new OnMap(Pit.Stage(Config(golden), 0)),
        "unit_pit_article_embed" => new Keyed("to_patch_embedding.2", PitLucidrains.Embedding(LucidrainsConfig(golden))),
        "unit_pit_article_pool" => new OnList(new PitLucidrainsPooling(golden.Option("dim", 0), 2 * golden.Option("dim", 0))),
        "unit_pit_article_block" => new OnList(PitLucidrains.Stage(LucidrainsConfig(golden), 0)),
        _ => throw new NotSupportedException($"The project does not know the model '{golden.Model}' of {Path.GetFileName(golden.Path)}."),
    };

    private static PitConfig Config(GoldenCase golden)
    {
        int heads = golden.Option("heads", 1);
        return new PitConfig(16, 8, [new(golden.Option("base_dim", 0) * heads, golden.Option("depth", 1), heads)])
        {
            MlpRatio = golden.Option("mlp_ratio", 4.0),
            Epsilon = (float)golden.Option("norm_eps", 1e-6),
        };
    }

    private static PitLucidrainsConfig LucidrainsConfig(GoldenCase golden) =>
        new(
            golden.Option("patch_size", 14),
            golden.Option("dim", 0),
            [golden.Option("depth", 1)],
            [golden.Option("heads", 1)],
            golden.Option("mlp_dim", 0))
        {
            HeadWidth = golden.Option("dim_head", 64),
        };

    /// <summary>A module under its key in the network.</summary>
    private sealed class Keyed : Module
    {
        private readonly Module _module;

        public Keyed(string key, Module module) => _module = Add(key, module);

        protected override Value Build(Value x) => _module.Forward(x);
    }

    /// <summary>A module that takes a map and, as a further input, the tokens in front of it.</summary>
    private sealed class OnMap : Module
    {
        private readonly Module _module;

        public OnMap(Module module) => _module = Add("", module);

        protected override Value Build(Value x)
        {
            TokenMap parts = new(x, x.Graph.Inputs["input_cls"]);
            TokenMap result =
                _module is PitPooling pooling ? pooling.Forward(parts) : ((TransformerStage)_module).Forward(parts.ToList(), parts.Grid);
            return result.Mark("output").Map;
        }
    }

    /// <summary>Pooling or blocks of lucidrains' code, given the class token and a square map as one list.</summary>
    private sealed class OnList : Module
    {
        private readonly Module _module;

        public OnList(Module module) => _module = Add("", module);

        protected override Value Build(Value x)
        {
            int side = (int)Math.Sqrt(x.Shape[1] - 1);
            TokenGrid grid = new(side, side, ClassTokens: 1);
            TokenMap result = _module is PitLucidrainsPooling pooling
                ? pooling.Forward(TokenMap.FromList(x, grid))
                : ((TransformerStage)_module).Forward(x, grid);
            return result.ToList();
        }
    }
}
