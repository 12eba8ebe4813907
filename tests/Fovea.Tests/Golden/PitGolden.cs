using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>Golden cases of PiT: whole networks and their parts.</summary>
internal static class PitGolden
{
    /// <summary>The module of a case; null where the case is another family's.</summary>
    public static Module? Create(GoldenCase golden) =>
        golden.Model.StartsWith("unit_pit_", StringComparison.Ordinal) ? PitUnits.Create(golden)
        : golden.Model.StartsWith("pit_article", StringComparison.Ordinal) ? new WithLists(Lucidrains(golden))
        : golden.Model.StartsWith("pit_", StringComparison.Ordinal) ? new Network(new Pit(Official(golden)))
        : null;

    private static PitConfig Official(GoldenCase golden)
    {
        PitConfig variant = Pit.Variants.GetValueOrDefault(golden.Model) ?? Pit.Variants["pit_s"];
        PitStage[] stages = [.. variant.Stages];
        double[] heads = golden.Numbers("heads", [.. stages.Select(stage => (double)stage.Heads)]);
        double[] widths = golden.Numbers("base_dims", [.. stages.Select(stage => (double)stage.Channels / stage.Heads)]);
        double[] depths = golden.Numbers("depth", [.. stages.Select(stage => (double)stage.Depth)]);
        int size = golden.Option("image_size", variant.Height);
        return new PitConfig(
            golden.Option("patch_size", variant.Patch),
            golden.Option("stride", variant.Stride),
            [.. heads.Select((count, i) => new PitStage((int)(widths[i] * count), (int)depths[i], (int)count))],
            size,
            size)
        {
            Classes = golden.Option("num_classes", variant.Classes),
            MlpRatio = golden.Option("mlp_ratio", variant.MlpRatio),
            Distilled = golden.Option("distilled", variant.Distilled),
        };
    }

    private static PitLucidrainsConfig Lucidrains(GoldenCase golden)
    {
        PitLucidrainsConfig variant = PitLucidrains.Variants["pit_lucidrains"];
        int[] depths = [.. golden.Numbers("depth", [.. variant.Depths.Select(depth => (double)depth)]).Select(depth => (int)depth)];
        int size = golden.Option("image_size", variant.Height);
        return new PitLucidrainsConfig(
            golden.Option("patch_size", variant.Patch),
            golden.Option("dim", variant.Channels),
            depths,
            [.. golden.Numbers("heads", [.. depths.Select(_ => (double)variant.Heads[0])]).Select(heads => (int)heads)],
            golden.Option("mlp_dim", variant.Hidden),
            size,
            size)
        {
            Classes = golden.Option("num_classes", variant.Classes),
            HeadWidth = golden.Option("dim_head", variant.HeadWidth),
        };
    }

    /// <summary>The network of lucidrains' code, whose golden cases hold the class token and the map as one list.</summary>
    private sealed class WithLists(PitLucidrainsConfig config) : GoldenNetwork(new PitLucidrains(config))
    {
        protected override void Mark(ComputeGraph graph)
        {
            IReadOnlyDictionary<string, Value> marks = graph.Marks;
            foreach (string name in marks.Keys.Where(name => marks.ContainsKey($"{name}_tokens")).ToArray())
            {
                new TokenMap(marks[name], marks[$"{name}_tokens"]).ToList().Mark(name);
            }
        }
    }
}
