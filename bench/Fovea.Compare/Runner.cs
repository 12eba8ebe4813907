using Fovea.Engine.Execution;

namespace Fovea.Compare;

/// <summary>Measures all cases of one kind, and says on standard error how far it is.</summary>
/// <param name="settings">What is compared.</param>
/// <param name="cancellation">Stops between two turns.</param>
internal sealed class Runner(Settings settings, CancellationToken cancellation)
{
    // The classifier whose memory is compared.
    private const string MemoryModel = "resnet50";

    private readonly Dictionary<int, double> _peaks = settings.Threads.Distinct().ToDictionary(
        threads => threads, threads => Executor.Default.MeasurePeak(threads, 0.5));
    private readonly List<Line> _lines = [];

    /// <summary>Inference against ONNX Runtime.</summary>
    public Section Inference()
    {
        foreach (MeasuredModel model in settings.Models)
        {
            using InferenceComparison comparison = new(model);
            foreach ((int batch, int threads) in settings.Cases)
            {
                Add(comparison.Run(settings.Match, batch, threads, _peaks[threads], cancellation));
            }
        }

        return SectionOf(OnnxRuntimeSession.Name);
    }

    /// <summary>Detectors against torchvision.</summary>
    public Section Detection() => OfImages(DetectionComparison.Run);

    /// <summary>Segmentation networks against PyTorch.</summary>
    public Section Segmentation() => OfImages(SegmentationComparison.Run);

    /// <summary>Steps of training against PyTorch, and the memory that they take.</summary>
    public Section Training()
    {
        string? peer;
        using (Peer? first = OrMissing(PyTorch.Start))
        {
            peer = NameOf(first);
        }

        foreach (MeasuredModel model in settings.HasTimes ? settings.Models : [])
        {
            foreach ((int batch, int threads) in settings.Cases)
            {
                Add(TrainingComparison.Run(settings.Match, model, batch, threads, _peaks[threads], peer is not null, cancellation));
            }
        }

        if (!settings.HasMemory)
        {
            return SectionOf(peer);
        }

        Console.Error.WriteLine("measuring the memory of fresh processes");
        return SectionOf(peer) with
        {
            Memory =
            [
                .. settings.Models.Where(model => model.IsDense || model.Name == MemoryModel).Select(model =>
                    TrainingComparison.CompareMemory(model, settings.Batches.Max(), settings.Threads.Max(), peer is not null)),
            ],
        };
    }

    private Section OfImages(Func<Match, MeasuredModel, int, double, CancellationToken, Line> compare)
    {
        using Peer peer = PyTorch.Start();
        foreach (MeasuredModel model in settings.Models)
        {
            foreach (int threads in settings.Threads)
            {
                Add(compare(settings.Match, model, threads, _peaks[threads], cancellation));
            }
        }

        return SectionOf(NameOf(peer));
    }

    private static Peer? OrMissing(Func<Peer> start)
    {
        try
        {
            return start();
        }
        catch (PeerException error)
        {
            Console.Error.WriteLine($"{error.Message} Fovea is measured alone.");
            return null;
        }
    }

    private static string? NameOf(Peer? peer) => peer is null ? null : $"{peer.Name} {peer.Version}";

    private Section SectionOf(string? peer) =>
        new(DateOnly.FromDateTime(DateTime.UtcNow), Machine.Here, peer, _lines, Clock: settings.Match.Clock);

    private void Add(Line line)
    {
        _lines.Add(line);
        int all = settings.Models.Count * settings.Cases.Count();
        string ratio = line.Ratio is double value ? Numbers.Fixed(value, 2) : "alone";
        Console.Error.WriteLine($"[{_lines.Count}/{all}] {line.Model}, batch {line.Batch}, {Page.Count(line.Threads, "thread")}: {ratio}");
    }
}
