using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>The parts of CrossFormer that golden cases test by themselves.</summary>
internal static class CrossFormerUnits
{
    public static Module Create(GoldenCase golden)
    {
        string[] words = golden.Model.Split('_');
        return words.Contains("cel") ? Embedding(golden)
            : words.Contains("merge") ? new OnMap(golden, Merge(golden))
            : words.Contains("dpb") ? new OverOffsets(golden)
            : golden.Options.TryGetProperty("lsda_flag", out _) ? new OnMap(golden, Block(golden))
            : throw new NotSupportedException($"The project does not know the model '{golden.Model}' of {Path.GetFileName(golden.Path)}.");
    }

    private static CrossScaleEmbedding Embedding(GoldenCase golden)
    {
        int[] kernels = Kernels(golden);
        return new(golden.Option("in_chans", 3), golden.Option("embed_dim", 0), kernels, kernels[0], "projs", normFirst: false);
    }

    private static CrossScaleEmbedding Merge(GoldenCase golden)
    {
        int channels = golden.Option("dim", 0);
        return new(channels, 2 * channels, Kernels(golden), 2, "reductions", normFirst: true);
    }

    private static int[] Kernels(GoldenCase golden) => GoldenCase.Ints(golden.Options.GetProperty("patch_size"));

    private static CrossFormerBlock Block(GoldenCase golden)
    {
        // Which blocks see far and which have a cooling layer follows from their place in the stage.
        bool cooling = golden.Option("use_extra_conv", golden.Option("use_acl", false));
        int index = golden.Option("lsda_flag", 0) + (!cooling ? 0 : golden.Option("lsda_flag", 0) == 0 ? 2 : 4);
        (int heads, int size, int interval) = (golden.Option("num_heads", 1), golden.Option("group_size", 7), golden.Option("interval", 8));
        CrossFormerStage stage = new(index + 2, heads, size, interval) { MlpRatio = golden.Option("mlp_ratio", 4.0) };
        CrossFormerConfig config = new(golden.Option("dim", 0), [stage])
        {
            QueryKeyValueBias = golden.Option("qkv_bias", true),
            LongDistance = CrossFormerGolden.LongDistanceOf(golden),
            AdaptiveInterval = golden.Option("adaptive_interval", false),
            CoolingLayers = cooling,
        };
        return new CrossFormerBlock(config, 0, index);
    }

    /// <summary>A module that works on maps, given a token list; marks what goes into its attention and what comes out of it.</summary>
    private sealed class OnMap : Module
    {
        private readonly GoldenCase _golden;
        private readonly Module _module;

        public OnMap(GoldenCase golden, Module module)
        {
            _golden = golden;
            _module = Add("", module);
        }

        protected override Value Build(Value x)
        {
            Value y = _module.Forward(x.ToMap(_golden.Option("height", 0), _golden.Option("width", 0))).ToTokens();
            if (x.Graph.Nodes.FirstOrDefault(node => node.Path == "attn.qkv" && node.Operation is MatMul) is Node first)
            {
                first.Inputs[0].Mark("attn_in");
                x.Graph.Nodes.Last(node => node.Path == "attn.proj").Outputs[0].Mark("attn_out");
            }

            return y;
        }
    }

    /// <summary>
    /// The position bias of a group. The case's input stands for the table of offsets and has its gradient, but not its values: what it is
    /// filled with is taken off again.
    /// </summary>
    private sealed class OverOffsets : Module
    {
        private readonly GoldenCase _golden;
        private readonly DynamicPositionBias _bias;

        public OverOffsets(GoldenCase golden)
        {
            _golden = golden;
            _bias = Add("", new DynamicPositionBias(
                golden.Option("attention_dim", 16 * golden.Option("pos_dim", 0)),
                golden.Option("num_heads", 1),
                golden.Option("residual", false)));
        }

        protected override Value Build(Value x)
        {
            int[] group = [.. _golden.Numbers("group_size", [7, 7]).Select(size => (int)size)];
            int cells = group[0] * group[1];
            int[] pairs = DynamicPositionBias.Pairs(group[0], group[1]);
            x.Graph.Table([cells, cells], [.. pairs.Select(pair => (float)pair)]).Mark("relative_position_index");
            Value offsets = x.Graph.Table(x.Shape, DynamicPositionBias.Offsets(group[0], group[1])).Mark("biases");
            Value filled = x.Graph.Table(x.Shape, _golden.Inputs.First().Values);
            Value table = _bias.Forward(offsets + (x - filled)).Mark("table");
            return table.Gather(x.Graph.Table([cells, cells], pairs)).Permute(2, 0, 1);
        }
    }
}
