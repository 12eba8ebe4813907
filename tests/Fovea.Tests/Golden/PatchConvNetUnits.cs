using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>The parts of PatchConvNet that golden cases test by themselves.</summary>
internal static class PatchConvNetUnits
{
    public static Module Create(GoldenCase golden) => golden.Model["unit_patchconvnet_".Length..] switch
    {
        string name when name.StartsWith("aggregation_block", StringComparison.Ordinal) => new Block(golden),
        string name when name.StartsWith("aggregation", StringComparison.Ordinal) => new Aggregation(golden),
        string name when name.StartsWith("trunk_block", StringComparison.Ordinal) => new OnMap(golden),
        "conv_stem" => new PatchConvNetStem(new PatchConvNetConfig(golden.Option("embed_dim", 0), 1)),
        "squeeze_excite" => new SqueezeExcitation(
            golden.Option("channels", 0),
            golden.Option("rd_channels", (int)Math.Round(golden.Option("channels", 0) * golden.Option("rd_ratio", 0.25))),
            "conv_reduce",
            "conv_expand"),
        _ => throw new NotSupportedException($"The project does not know the model '{golden.Model}' of {Path.GetFileName(golden.Path)}."),
    };

    /// <summary>The attention of aggregation; a case that says a number of classes has a token for each.</summary>
    private sealed class Aggregation : Module
    {
        private readonly AggregationAttention _attention;
        private readonly int _classTokens;
        private readonly bool _countsTwice;

        public Aggregation(GoldenCase golden)
        {
            _classTokens = golden.Option("num_classes", 1);
            bool perClass = golden.Options.TryGetProperty("num_classes", out _);
            _countsTwice = golden.Entries("outputs").Any(output => output.Name == "attention");
            (int heads, bool bias) = (golden.Option("num_heads", 1), golden.Option("qkv_bias", true));
            _attention = Add("", new AggregationAttention(golden.Option("dim", 0), !perClass, heads, bias));
        }

        protected override Value Build(Value x)
        {
            Value result = _attention.Forward(x, new TokenGrid(1, x.Shape[1] - _classTokens, _classTokens));
            AttentionMarks.Add(x.Graph);
            if (_countsTwice)
            {
                CountAgain(AttentionDescription.Of(x.Graph)[^1]);
            }

            return result;
        }

        /// <summary>Where a case shows the weights, its reference made queries and keys a second time for them, and counted that.</summary>
        private static void CountAgain(AttentionDescription attention)
        {
            foreach (Value projected in new[] { attention.Query, attention.Key })
            {
                projected.Graph.Annotate(new UncountedProducts(projected.Producer, -projected.Shape.Elements * projected.Shape.Last));
            }
        }
    }

    /// <summary>The block of aggregation, given the map's tokens and, as a further input, the class tokens.</summary>
    private sealed class Block : Module
    {
        private readonly AggregationBlock _block;

        public Block(GoldenCase golden)
        {
            bool perClass = golden.Option("class_tokens", 1) > 1 || golden.Model.EndsWith("_multi", StringComparison.Ordinal);
            _block = Add("", new AggregationBlock(
                golden.Option("dim", 0),
                perClass,
                layerScale: 1,
                golden.Option("num_heads", 1),
                golden.Option("mlp_ratio", 3.0),
                golden.Option("qkv_bias", true),
                (float)golden.Option("eps", 1e-6)));
        }

        protected override Value Build(Value x) => _block.Forward(new TokenMap(x.ToMap(1, x.Shape[1]), x.Graph.Inputs["x_cls"]));
    }

    /// <summary>A block of the trunk, given tokens.</summary>
    private sealed class OnMap : Module
    {
        private readonly PatchConvNetBlock _block;
        private readonly int[] _grid;

        public OnMap(GoldenCase golden)
        {
            _grid = GoldenCase.Ints(golden.Options.GetProperty("grid"));
            _block = Add("", new PatchConvNetBlock(new PatchConvNetConfig(golden.Option("dim", 0), 1)
            {
                BatchNorm = PatchConvNetGolden.BatchNorm(golden),
            }));
        }

        protected override Value Build(Value x) => _block.Forward(x.ToMap(_grid[0], _grid[1])).ToTokens();
    }
}
