using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>Golden cases of CMT: whole networks and their parts.</summary>
internal static class CmtGolden
{
    /// <summary>The module of a case; null where the case is another family's.</summary>
    public static Module? Create(GoldenCase golden) =>
        golden.Model.StartsWith("unit_cmt_", StringComparison.Ordinal) ? CmtUnits.Create(golden)
        : Cmt.Variants.TryGetValue(golden.Model, out CmtConfig? config) ? new Cmt(Configure(config, golden))
        : null;

    /// <summary>The network at the size at which position tables are filled before they are resized to the case's own, if the case says one.</summary>
    public static Module? CreateForFilling(GoldenCase golden)
    {
        int size = golden.Option("bias_filled_at_img_size", 0);
        return size > 0 && Cmt.Variants.TryGetValue(golden.Model, out CmtConfig? config)
            ? new Cmt(Configure(config, golden) with { Height = size, Width = size })
            : null;
    }

    private static CmtConfig Configure(CmtConfig config, GoldenCase golden)
    {
        int height = config.Height;
        int width = config.Width;
        if (golden.Options.TryGetProperty("img_size", out var size))
        {
            (height, width) = size.ValueKind == System.Text.Json.JsonValueKind.Array ? (size[0].GetInt32(), size[1].GetInt32()) : (size.GetInt32(), size.GetInt32());
        }

        if (golden.Options.TryGetProperty("input_resolution", out var resolution))
        {
            (height, width) = (resolution[0].GetInt32(), resolution[1].GetInt32());
        }

        CmtStage[] stages = [.. config.Stages];
        int stemChannels = golden.Option("stem_channel", config.StemChannels);
        if (golden.Options.TryGetProperty("dims_list", out var widths))
        {
            // The article's list begins with the stem.
            int[] numbers = GoldenCase.Ints(widths);
            stemChannels = numbers[0];
            stages = [.. stages.Take(numbers.Length - 1).Select((stage, i) => stage with { Channels = numbers[i + 1] })];
        }

        Each("embed_dims", (stage, value) => stage with { Channels = (int)value });
        foreach (string option in new[] { "depths", "block_list" })
        {
            Each(option, (stage, value) => stage with { Depth = (int)value });
        }

        foreach (string option in new[] { "num_heads", "heads_list" })
        {
            Each(option, (stage, value) => stage with { Heads = (int)value });
        }

        foreach (string option in new[] { "sr_ratios", "sr_ratio_list" })
        {
            Each(option, (stage, value) => stage with { Reduction = (int)value });
        }

        foreach (string option in new[] { "mlp_ratios", "mlp_ratio", "ffn_ratio" })
        {
            Each(option, (stage, value) => stage with { MlpRatio = value });
        }

        return config with
        {
            Stages = stages,
            StemChannels = stemChannels,
            HeadChannels = golden.Option("fc_dim", config.HeadChannels),
            Classes = golden.Option("num_classes", config.Classes),
            QueryKeyValueBias = golden.Option("qkv_bias", config.QueryKeyValueBias),
            QueryKeyRatio = golden.Option("qk_ratio", config.QueryKeyRatio),
            QueryKeyScale = golden.Options.TryGetProperty("qk_scale", out var scale) && scale.ValueKind == System.Text.Json.JsonValueKind.Number ? scale.GetSingle() : null,
            Height = height,
            Width = width,
            DropPath = 0,
            Dropout = 0,
            AttentionDropout = 0,
            ProjectionDropout = 0,
            AbsolutePosition = golden.Option("ape", config.AbsolutePosition),
            Position = !config.Article ? config.Position
                : golden.Option("rpe", true) ? CmtPosition.BlockOffsets
                : golden.Option("pe_nd", false) ? CmtPosition.BlockTable
                : CmtPosition.None,
        };

        void Each(string option, Func<CmtStage, double, CmtStage> change)
        {
            if (golden.Options.TryGetProperty(option, out var values))
            {
                // One number serves all stages.
                double[] numbers = values.ValueKind == System.Text.Json.JsonValueKind.Array ? GoldenCase.Doubles(values) : [.. stages.Select(_ => values.GetDouble())];
                stages = [.. stages.Take(numbers.Length).Select((stage, i) => change(stage, numbers[i]))];
            }
        }
    }
}
