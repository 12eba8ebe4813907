using Fovea.Engine.Execution;

namespace Fovea.Models;

/// <summary>A box that a detector found, in pixels of its input.</summary>
/// <param name="X1">Left edge.</param>
/// <param name="Y1">Upper edge.</param>
/// <param name="X2">Right edge.</param>
/// <param name="Y2">Lower edge.</param>
/// <param name="Score">Score, 0 to 1.</param>
/// <param name="Class">Index of the class.</param>
/// <param name="Mask">Probability of each of the mask's pixels (size, size), over the box; empty without masks.</param>
internal sealed record FoundBox(float X1, float Y1, float X2, float Y2, float Score, int Class, float[] Mask);

/// <summary>
/// Runs a detector on prepared images, one at a time: the graph up to boxes, then the mask head on as many regions as boxes were found.
/// Any number of threads may ask at the same time.
/// </summary>
internal sealed class DetectorPlans : IDisposable
{
    private const string SizesName = "sizes";
    private const string RegionsName = "regions";
    private readonly Model _model;
    private readonly DetectorHead _head;
    private readonly PlanCache _boxes;
    private readonly PlanCache? _masks;

    /// <summary>Makes plans for a model, compiled when an image of a new size comes.</summary>
    /// <param name="model">A model with a detector.</param>
    /// <param name="owner">Name of the class that callers know, for errors.</param>
    /// <param name="threads">Threads of all plans; a share of the processors for each caller where null.</param>
    /// <param name="concurrency">Number of callers at the same time.</param>
    public DetectorPlans(Model model, string owner, WorkerPool? threads, int concurrency)
    {
        (_model, _head) = (model, (DetectorHead)model.Network.Head!);
        _boxes = model.CreatePlans(owner, BuildBoxes, threads, concurrency);
        _masks = _head is FasterRcnn { HasMasks: true } ? model.CreatePlans(owner, BuildMasks, threads, concurrency) : null;
    }

    /// <summary>Throws if the plans were disposed of.</summary>
    /// <exception cref="ObjectDisposedException">They were.</exception>
    public void ThrowIfClosed() => _boxes.ThrowIfClosed();

    /// <summary>Finds the objects of an image.</summary>
    /// <param name="image">The image with padding (paddedHeight, paddedWidth, 3).</param>
    /// <param name="padded">Size with padding.</param>
    /// <param name="height">Rows without padding.</param>
    /// <param name="width">Columns without padding.</param>
    /// <param name="threshold">Score that is exceeded, beside that of the head's options.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ShapeException">The network does not take images of the size.</exception>
    public IReadOnlyList<FoundBox> Find(
        ReadOnlySpan<float> image,
        (int Height, int Width) padded,
        int height,
        int width,
        float threshold = 0,
        CancellationToken cancellation = default)
    {
        List<FoundBox> found = [];
        using PlanCache.Lease lease = _boxes.Rent(new PlanKey(1, padded.Height, padded.Width), cancellation);
        image.CopyTo(lease.Plan.Input(InferenceGraph.Images));
        Span<float> sizes = lease.Plan.Input(SizesName);
        (sizes[0], sizes[1]) = (height, width);
        lease.Plan.Run();
        ReadOnlySpan<float> boxes = lease.Plan.Output(DetectorHead.BoxesName);
        ReadOnlySpan<float> scores = lease.Plan.Output(DetectorHead.ScoresName);
        ReadOnlySpan<int> classes = lease.Plan.IntegerOutput(DetectorHead.ClassesName);
        for (int i = 0; i < scores.Length && classes[i] >= 0 && scores[i] > threshold; i++)
        {
            ReadOnlySpan<float> box = boxes.Slice(4 * i, 4);
            found.Add(new FoundBox(box[0], box[1], box[2], box[3], scores[i], classes[i], []));
        }

        if (_masks is not null && found.Count > 0)
        {
            AddMasks(found, lease.Plan.Output(FasterRcnn.MaskRegionsName), cancellation);
        }

        return found;
    }

    /// <summary>Frees the plans, once runs that are under way have ended.</summary>
    public void Dispose()
    {
        _boxes.Dispose();
        _masks?.Dispose();
    }

    private void AddMasks(List<FoundBox> found, ReadOnlySpan<float> regions, CancellationToken cancellation)
    {
        // A few sizes of the batch, so that plans are few.
        int rows = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)found.Count);
        int side = _head.Options.MaskPooling;
        using PlanCache.Lease lease = _masks!.Rent(new PlanKey(rows, side, side), cancellation);
        Span<float> input = lease.Plan.Input(RegionsName);
        int used = Math.Min(regions.Length, found.Count * side * side * _head.Options.Channels);
        regions[..used].CopyTo(input);
        input[used..].Clear();
        lease.Plan.Run();
        ReadOnlySpan<float> logits = lease.Plan.Output(FasterRcnn.MasksName);
        int pixels = 4 * side * side;
        int channels = logits.Length / (rows * pixels);
        for (int i = 0; i < found.Count; i++)
        {
            int channel = _head.Rules.Classes.LabelOf(found[i].Class);
            float[] mask = new float[pixels];
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                mask[pixel] = 1 / (1 + MathF.Exp(-logits[(((i * pixels) + pixel) * channels) + channel]));
            }

            found[i] = found[i] with { Mask = mask };
        }
    }

    private ComputeGraph BuildBoxes(PlanKey key)
    {
        ComputeGraph graph = new();
        Value images = graph.Input(InferenceGraph.Images, [key.Batch, key.Height, key.Width, 3]);
        Value sizes = graph.Input(SizesName, [key.Batch, 2]);
        _head.Forward(images, sizes, _model.Network.Backbone.ForwardStages(images));
        foreach (string name in new[] { DetectorHead.BoxesName, DetectorHead.ScoresName, DetectorHead.ClassesName })
        {
            graph.Output(name, graph.Marks[name]);
        }

        if (_head is FasterRcnn { HasMasks: true })
        {
            graph.Output(FasterRcnn.MaskRegionsName, graph.Marks[FasterRcnn.MaskRegionsName]);
        }

        return graph;
    }

    private ComputeGraph BuildMasks(PlanKey key)
    {
        ComputeGraph graph = new();
        Value regions = graph.Input(RegionsName, [key.Batch, key.Height, key.Width, _head.Options.Channels]);
        graph.Output(FasterRcnn.MasksName, ((FasterRcnn)_head).ForwardMasks(regions));
        return graph;
    }
}
