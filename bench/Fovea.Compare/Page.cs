using System.Text;

namespace Fovea.Compare;

/// <summary>The page <c>docs/benchmarks.md</c>, written whole from the results.</summary>
internal static class Page
{
    private const string Missing = "–";
    private const int SpeedUpBatch = 8;

    private const string Introduction =
        "`bench/compare` writes this page; `bench/results.json` holds its figures for programs. To measure again, on a machine that "
        + "does nothing else:";

    private const string Method =
        "- Both sides compute the same network on the same input with the same number of threads, in float32. For inference Fovea "
        + "exports the model to ONNX, so the weights are the same too; the logits are compared, and a difference beyond a thousandth "
        + "of the largest logit is an error.\n"
        + "  For training the peer has a network of the same shapes and operations and as many parameters: torchvision's ResNet-50, "
        + "and counterparts of CMT-Ti and PiT-Ti in `bench/Fovea.Compare/Peers/`. A step is forward, backward and AdamW. PyTorch's "
        + "maps are channels-last, the faster of its formats here.\n"
        + "- Fovea and the peer take turns in one run, each turn at least three runs of the network and 0.4 s, with a pause before it "
        + "in which the other side's threads come to rest. Both have warmed up for a second before. Whatever else the machine does "
        + "disturbs both alike.\n"
        + "- Detectors are torchvision's RetinaNet, Faster R-CNN and Mask R-CNN with ResNet-50, whose seeded random weights are spread so "
        + "that detections occur; Fovea loads the file that torchvision saved. Time runs from the pixels of an image to boxes and masks "
        + "in it, and the difference is the share of detections that only one side has (class, score within 0.0001, box within 0.01 "
        + "pixels).\n"
        + "  A step of training is forward, backward and SGD on the same eight objects in each image; stem, first stage and batch "
        + "normalisations stay as they are. A turn is one run. Its share of the peak counts what the definition would take with all stages "
        + "trained and masks for all detections, of which neither side computes all.\n"
        + "- The segmentation network is UPerNet with torchvision's ResNet-50 and 150 classes, in PyTorch as in "
        + "`bench/Fovea.Compare/Peers/segmentation.py`, which saves seeded random weights under mmsegmentation's names for Fovea to load. "
        + "Time runs from the pixels of an image to the class of each, and the difference is the share of pixels of another class. A step "
        + "is forward, auxiliary head included, backward and AdamW, with labels for every pixel.\n"
        + "- The times are medians over all runs. The ratio is the peer's time by Fovea's, the median over the rounds: above 1, Fovea "
        + "is faster.\n"
        + "- The peak is what independent fused multiply-adds reach, measured in the same run. The share of it counts useful "
        + "multiply-adds: those of the convolutions, linear layers and products of attention, a training step as three forward passes.\n"
        + "- The memory of steps is the largest resident set (`VmHWM`) of a fresh process of each side that makes network, optimiser and "
        + "batch and takes two steps: everything that the process holds, with its runtime (some 30 MiB of .NET, 265 MiB of Python and "
        + "PyTorch), weights, gradients, the optimiser's state and what is kept for the backward pass.";

    /// <summary>The page.</summary>
    /// <param name="results">What was measured; parts that were not say so.</param>
    public static string Render(Results results)
    {
        StringBuilder page = new();
        page.Append($"""
            # How fast Fovea is beside other runtimes

            {Introduction}

            ```console
            $ bench/compare                      # inference beside ONNX Runtime
            $ bench/compare --train              # steps of training beside PyTorch
            $ bench/compare --detect             # detectors beside torchvision
            $ bench/compare --detect --train     # steps of training of detectors
            $ bench/compare --segment            # segmentation networks beside PyTorch
            $ bench/compare --segment --train    # steps of training of segmentation networks
            ```

            ## How it is measured

            {Method}

            """);
        Append(page, "Inference", "an inference run", results.Inference);
        Append(page, "Training", "a step of training", results.Training);
        Append(page, "Detection", "an image", results.Detection);
        Append(page, "Training of detectors", "a step of training", results.DetectionTraining);
        Append(page, "Segmentation", "an image", results.Segmentation);
        Append(page, "Training of segmentation networks", "a step of training", results.SegmentationTraining);
        return page.ToString();
    }

    /// <summary>A number of things: <c>1 thread</c>, <c>2 threads</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="thing">The thing.</param>
    public static string Count(int count, string thing) => $"{count} {thing}{(count == 1 ? "" : "s")}";

    /// <summary>A value as text, or a dash where it is missing.</summary>
    /// <param name="value">The value.</param>
    /// <param name="text">Its text.</param>
    public static string Text<T>(T? value, Func<T, string> text)
        where T : struct => value is T given ? text(given) : Missing;

    /// <summary>Words for what took memory.</summary>
    /// <param name="memory">The measurement.</param>
    public static string Describe(MemoryUse memory) =>
        $"{memory.Model} in training, batch {memory.Batch}, {memory.Height}×{memory.Width} pixels, {Count(memory.Threads, "thread")}";

    private static void Append(StringBuilder page, string title, string run, Section? section)
    {
        page.Append($"\n## {title}\n\n");
        if (section is null)
        {
            page.Append("Not measured yet.\n");
            return;
        }

        page.Append(Conditions(section));
        if (section.Lines.Count > 0)
        {
            AppendTimes(page, run, section.Lines);
        }

        if (section.Memory is { Count: > 0 } memory)
        {
            page.Append("\n### Memory\n\nThe most memory that a fresh process takes for a few steps:\n\n");
            page.Append(MarkdownTable.Render(
                ["steps", "Fovea", "peer", "Fovea by peer"],
                memory.Select(use => (string[])
                [
                    Describe(use),
                    Numbers.Bytes(use.Ours),
                    Text(use.Theirs, value => Numbers.Bytes(value)),
                    Text(use.Theirs, value => Numbers.Fixed((double)use.Ours / value, 2)),
                ])));
        }
    }

    private static void AppendTimes(StringBuilder page, string run, IReadOnlyList<Line> lines)
    {
        page.Append($"\nAll lines together, for {run}:\n\n");
        page.Append(SummaryTable(lines));
        page.Append('\n');
        page.Append(LineTable(lines));
        if (SpeedUps(lines) is { Count: > 0 } speedUps)
        {
            page.Append($"\n### Two threads\n\nHow many times as fast two threads are as one, at batch {SpeedUpBatch}:\n\n");
            page.Append(MarkdownTable.Render(["model", "Fovea", "peer"], speedUps));
        }
    }

    private static string Conditions(Section section)
    {
        Machine machine = section.Machine;
        IEnumerable<int> rounds = section.Lines.Select(line => line.Rounds).DefaultIfEmpty();
        (int fewest, int most) = (rounds.Min(), rounds.Max());
        IEnumerable<string> peaks = section.Lines.GroupBy(line => line.Threads).OrderBy(group => group.Key)
            .Select(group => $"{Numbers.Fixed(group.Max(line => line.Peak), 1)} GFLOP/s on {Count(group.Key, "thread")}");
        string by = section.Clock == Clock.Processor ? ", times of the processor on a machine that was busy" : "";
        string processor = $"{machine.Processor}, {Count(machine.Cores, "core")} as the operating system counts, {machine.Instructions}";
        return $"""
            - peer: {section.Peer ?? "missing, Fovea was measured alone"}
            - processor: {processor}; peak {string.Join(", ", peaks)}
            - memory: {machine.Memory}
            - system: {machine.System}, {machine.Runtime}
            - measured: {section.Date:yyyy-MM-dd}, {(fewest == most ? Count(most, "round") : $"{fewest} to {most} rounds")}{by}

            """;
    }

    private static string SummaryTable(IReadOnlyList<Line> lines) => MarkdownTable.Render(
        ["threads", "ratio, geometric mean", "smallest ratio", "Fovea of peak, geometric mean", "peer of peak"],
        Summary.Of(lines).Select(summary => (string[])
        [
            $"{summary.Threads}",
            Text(summary.GeometricMean, value => Numbers.Fixed(value, 2)),
            summary.Smallest is Line smallest
                ? $"{Numbers.Fixed(smallest.Ratio!.Value, 2)} ({smallest.Model}, batch {smallest.Batch})"
                : Missing,
            Numbers.Percent(summary.OurPeakFraction),
            Text(summary.TheirPeakFraction, value => Numbers.Percent(value)),
        ]));

    private static string LineTable(IReadOnlyList<Line> lines)
    {
        string[] headings =
        [
            "model", "batch", "threads", "ratio", "Fovea ms", "peer ms", "Fovea images/s", "peer images/s", "Fovea of peak", "peer of peak",
            "difference",
        ];

        // Steps of training are not compared by their results.
        int columns = lines.Any(line => line.Difference is not null) ? headings.Length : headings.Length - 1;
        return MarkdownTable.Render(headings[..columns], lines.Select(line => Cells(line)[..columns]));
    }

    private static string[] Cells(Line line) =>
    [
        line.Model,
        $"{line.Batch}",
        $"{line.Threads}",
        Text(line.Ratio, value => Numbers.Fixed(value, 2)),
        Numbers.Fixed(line.Ours, 1),
        Text(line.Theirs, value => Numbers.Fixed(value, 1)),
        Numbers.Fixed(line.ImagesPerSecond(line.Ours), 1),
        Text(line.Theirs, value => Numbers.Fixed(line.ImagesPerSecond(value), 1)),
        Numbers.Percent(line.PeakFraction(line.Ours)),
        Text(line.Theirs, value => Numbers.Percent(line.PeakFraction(value))),
        Text(line.Difference, value => value.ToString("0.0e+0")),
    ];

    private static List<string[]> SpeedUps(IReadOnlyList<Line> lines)
    {
        Dictionary<string, Line> single = lines.Where(line => line is { Batch: SpeedUpBatch, Threads: 1 }).ToDictionary(line => line.Model);
        return
        [
            .. lines.Where(line => line is { Batch: SpeedUpBatch, Threads: 2 } && single.ContainsKey(line.Model)).Select(line => (string[])
            [
                line.Model,
                Numbers.Fixed(single[line.Model].Ours / line.Ours, 2),
                Text(single[line.Model].Theirs / line.Theirs, value => Numbers.Fixed(value, 2)),
            ]),
        ];
    }
}
