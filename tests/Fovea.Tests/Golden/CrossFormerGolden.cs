using System.Text.Json;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>Golden cases of CrossFormer: whole networks and their parts.</summary>
internal static class CrossFormerGolden
{
    /// <summary>The module of a case; null where the case is another family's.</summary>
    public static Module? Create(GoldenCase golden) =>
        golden.Model.StartsWith("unit_crossformer_", StringComparison.Ordinal) ? CrossFormerUnits.Create(golden)
        : golden.Model.StartsWith("crossformer_", StringComparison.Ordinal) ? new Network(new CrossFormer(Configure(golden)))
        : null;

    private static CrossFormerConfig Configure(GoldenCase golden)
    {
        string fallback = golden.Model.StartsWith("crossformer_pp", StringComparison.Ordinal) ? "crossformer_pp_s" : "crossformer_s";
        CrossFormerConfig config =
            CrossFormer.Variants.TryGetValue(golden.Model, out CrossFormerConfig? variant) ? variant : CrossFormer.Variants[fallback];
        int[] shape = golden.InputShape;
        return config with
        {
            Channels = golden.Option("embed_dim", config.Channels),
            Stages = StagesOf(golden, config.Stages),
            Height = shape[2],
            Width = shape[3],
            Classes = golden.Option("num_classes", config.Classes),
            PatchKernels = golden.Options.TryGetProperty("patch_size", out JsonElement kernels)
                ? GoldenCase.Ints(kernels)
                : config.PatchKernels,
            QueryKeyValueBias = golden.Option("qkv_bias", config.QueryKeyValueBias),
            LongDistance = LongDistanceOf(golden),
            AdaptiveInterval = golden.Option("adaptive_interval", config.AdaptiveInterval),
            CoolingLayers = golden.Option("use_acl", config.CoolingLayers),
            Dense = golden.Model.Contains("_det", StringComparison.Ordinal) || golden.Model.Contains("_seg", StringComparison.Ordinal),
            DropPath = 0,
        };
    }

    /// <summary>Which of the two official codes the case comes from.</summary>
    public static LongDistance LongDistanceOf(GoldenCase golden) =>
        golden.Option("lda_mode", golden.Model.Contains("legacy", StringComparison.Ordinal) ? "interval" : "grid") == "interval"
            ? LongDistance.Interval
            : LongDistance.Grid;

    private static CrossFormerStage[] StagesOf(GoldenCase golden, IReadOnlyList<CrossFormerStage> stages)
    {
        double[] depths = golden.Numbers("depths", [.. stages.Select(stage => (double)stage.Depth)]);
        double[] heads = Each("num_heads", stage => stage.Heads);
        double[] groups = Each("group_size", stage => stage.GroupSize);
        double[] intervals = Each("crs_interval", stage => stage.Interval);
        double[] ratios = Each("mlp_ratio", stage => stage.MlpRatio);
        int[][] merges = golden.Options.TryGetProperty("merge_size", out JsonElement kernels)
            ? [.. kernels.EnumerateArray().Select(GoldenCase.Ints)]
            : [];
        return [.. depths.Select((depth, i) => new CrossFormerStage((int)depth, (int)heads[i], (int)groups[i], (int)intervals[i])
        {
            MlpRatio = ratios[i],
            MergeKernels = i < merges.Length ? merges[i] : Known(i).MergeKernels,
        })];

        double[] Each(string option, Func<CrossFormerStage, double> fallback) =>
            golden.Numbers(option, [.. depths.Select((_, i) => fallback(Known(i)))]);

        CrossFormerStage Known(int stage) => stages[Math.Min(stage, stages.Count - 1)];
    }
}
