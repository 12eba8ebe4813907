using System.Text.Json;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>Golden cases of CMT: whole networks and their parts.</summary>
internal static class CmtGolden
{
    /// <summary>The module of a case; null where the case is another family's.</summary>
    public static Module? Create(GoldenCase golden)
    {
        string name = ModelRegistry.Resolve(golden.Model);
        return name.StartsWith("unit_cmt_", StringComparison.Ordinal) ? CmtUnits.Create(golden)
            : Cmt.Variants.TryGetValue(name, out CmtConfig? config) ? new Network(new Cmt(Configure(config, golden)))
            : CmtFlyEgle.Variants.TryGetValue(name, out CmtFlyEgleConfig? other) ? new Network(new CmtFlyEgle(Configure(other, golden)))
            : null;
    }

    /// <summary>
    /// The network at the size at which position biases are filled before they are resized to the case's own, if the case says one.
    /// </summary>
    public static Module? CreateForFilling(GoldenCase golden)
    {
        int size = golden.Option("bias_filled_at_img_size", 0);
        return size > 0 && Cmt.Variants.TryGetValue(golden.Model, out CmtConfig? config)
            ? new Network(new Cmt(Configure(config, golden) with { Height = size, Width = size }))
            : null;
    }

    private static CmtConfig Configure(CmtConfig config, GoldenCase golden)
    {
        (int height, int width) = Size(golden, config);
        return config with
        {
            Stages = StagesOf(golden, config.Stages),
            StemChannels = golden.Option("stem_channel", config.StemChannels),
            HeadChannels = golden.Option("fc_dim", config.HeadChannels),
            Classes = golden.Option("num_classes", config.Classes),
            QueryKeyValueBias = golden.Option("qkv_bias", config.QueryKeyValueBias),
            QueryKeyRatio = golden.Option("qk_ratio", config.QueryKeyRatio),
            QueryKeyScale = ScaleOf(golden),
            Height = height,
            Width = width,
            DropPath = 0,
            Dropout = 0,
        };
    }

    private static CmtFlyEgleConfig Configure(CmtFlyEgleConfig config, GoldenCase golden)
    {
        (int height, int width) = Size(golden, config);
        CmtStage[] stages = StagesOf(golden, config.Stages);
        int stem = config.StemChannels;
        if (golden.Options.TryGetProperty("dims_list", out JsonElement widths))
        {
            // The list begins with the stem.
            int[] numbers = GoldenCase.Ints(widths);
            stem = numbers[0];
            stages = [.. stages.Take(numbers.Length - 1).Select((stage, i) => stage with { Channels = numbers[i + 1] })];
        }

        return config with
        {
            Stages = stages,
            StemChannels = stem,
            HeadChannels = golden.Option("fc_dim", config.HeadChannels),
            Classes = golden.Option("num_classes", config.Classes),
            QueryKeyValueBias = golden.Option("qkv_bias", config.QueryKeyValueBias),
            QueryKeyScale = ScaleOf(golden),
            Height = height,
            Width = width,
            DropPath = 0,
            Dropout = 0,
            AttentionDropout = 0,
            ProjectionDropout = 0,
            AbsolutePosition = golden.Option("ape", config.AbsolutePosition),
            Position = golden.Option("rpe", true) ? CmtFlyEglePosition.Relative
                : golden.Option("pe_nd", false) ? CmtFlyEglePosition.Absolute
                : CmtFlyEglePosition.None,
        };
    }

    private static float? ScaleOf(GoldenCase golden) =>
        golden.Options.TryGetProperty("qk_scale", out JsonElement scale) && scale.ValueKind == JsonValueKind.Number
            ? scale.GetSingle()
            : null;

    private static (int Height, int Width) Size(GoldenCase golden, NetworkConfig config) =>
        golden.Options.TryGetProperty("input_resolution", out JsonElement resolution) ? (resolution[0].GetInt32(), resolution[1].GetInt32())
        : !golden.Options.TryGetProperty("img_size", out JsonElement size) ? (config.Height, config.Width)
        : size.ValueKind == JsonValueKind.Array ? (size[0].GetInt32(), size[1].GetInt32())
        : (size.GetInt32(), size.GetInt32());

    /// <summary>The stages with what a case changes; both codes' names of the options are known.</summary>
    private static CmtStage[] StagesOf(GoldenCase golden, IReadOnlyList<CmtStage> variant)
    {
        CmtStage[] stages = [.. variant];
        Each(["embed_dims"], (stage, value) => stage with { Channels = (int)value });
        Each(["depths", "block_list"], (stage, value) => stage with { Depth = (int)value });
        Each(["num_heads", "heads_list"], (stage, value) => stage with { Heads = (int)value });
        Each(["sr_ratios", "sr_ratio_list"], (stage, value) => stage with { Reduction = (int)value });
        Each(["mlp_ratios", "mlp_ratio", "ffn_ratio"], (stage, value) => stage with { MlpRatio = value });
        return stages;

        void Each(string[] options, Func<CmtStage, double, CmtStage> change)
        {
            foreach (string option in options)
            {
                if (golden.Options.TryGetProperty(option, out JsonElement values))
                {
                    // One number serves all stages.
                    double[] numbers =
                        values.ValueKind == JsonValueKind.Array ? GoldenCase.Doubles(values) : [.. stages.Select(_ => values.GetDouble())];
                    stages = [.. stages.Take(numbers.Length).Select((stage, i) => change(stage, numbers[i]))];
                }
            }
        }
    }
}
