using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>Golden cases of PatchConvNet: whole networks and their parts.</summary>
internal static class PatchConvNetGolden
{
    /// <summary>The module of a case; null where the case is another family's.</summary>
    public static Module? Create(GoldenCase golden) =>
        golden.Model.StartsWith("unit_patchconvnet_", StringComparison.Ordinal) ? PatchConvNetUnits.Create(golden)
        : golden.Model.StartsWith("patchconvnet_", StringComparison.Ordinal) ? new WithAttention(Configure(golden))
        : null;

    /// <summary>Whether a case asks for batch normalisation in the trunk.</summary>
    public static bool BatchNorm(GoldenCase golden, bool fallback = false) =>
        golden.Option("norm", fallback ? "batchnorm" : "layernorm").StartsWith("batch", StringComparison.OrdinalIgnoreCase);

    private static PatchConvNetConfig Configure(GoldenCase golden)
    {
        PatchConvNetConfig variant = Variant($"patchconvnet_{golden.Option("constructor", "")}")
            ?? Variant(golden.Model)
            ?? PatchConvNet.Variants["patchconvnet_s60"];
        return variant with
        {
            Channels = golden.Option("embed_dim", variant.Channels),
            Depth = golden.Option("depth", variant.Depth),
            Heads = golden.Option("num_heads", variant.Heads),
            MlpRatio = golden.Option("mlp_ratio_clstk", golden.Option("mlp_ratio", variant.MlpRatio)),
            PerClass = golden.Option("multiclass", variant.PerClass),
            BatchNorm = BatchNorm(golden, variant.BatchNorm),
            Classes = golden.Option("num_classes", variant.Classes),
        };

        static PatchConvNetConfig? Variant(string name) =>
            PatchConvNet.Variants.FirstOrDefault(variant => string.Equals(variant.Key, name, StringComparison.OrdinalIgnoreCase)).Value;
    }

    /// <summary>The network under the names that golden cases give to what it computes, with the weights of its attention.</summary>
    private sealed class WithAttention(PatchConvNetConfig config) : GoldenNetwork(new PatchConvNet(config))
    {
        protected override void Mark(ComputeGraph graph)
        {
            graph.Marks[Backbone.Pooled].Mark("pre_logits");
            AttentionMarks.Add(graph);
        }
    }
}
