using System.Buffers;
using System.Numerics;
using Fovea.Data;
using Fovea.Detection;
using Fovea.Engine.Execution;

namespace Fovea.Models;

/// <summary>An object that a detector found.</summary>
/// <param name="Box">Box in pixels of the image as it was, with the index of the class.</param>
/// <param name="Score">Score, 0 to 1.</param>
/// <param name="Row">Anchor or proposal that it was made of.</param>
/// <param name="Mask">Mask of the size of the image as it was; null without masks.</param>
internal sealed record FoundObject(Box Box, float Score, DetectedRow Row, RunLengthMask? Mask = null);

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
    /// <param name="image">The image.</param>
    /// <param name="threshold">Score that is exceeded, beside that of the head's options.</param>
    /// <param name="masks">False to do without masks.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <returns>The objects in descending order of score.</returns>
    /// <exception cref="ShapeException">The network does not take images of the size.</exception>
    public IReadOnlyList<FoundObject> Find(
        PreparedImage image, float threshold = 0, bool masks = true, CancellationToken cancellation = default)
    {
        List<FoundObject> found = [];
        using PlanCache.Lease lease = _boxes.Rent(new PlanKey(1, image.PaddedHeight, image.PaddedWidth), cancellation);
        image.Values.CopyTo(lease.Plan.Input(InferenceGraph.Images));
        Span<float> sizes = lease.Plan.Input(SizesName);
        (sizes[0], sizes[1]) = (image.Height, image.Width);
        lease.Plan.Run();
        ReadOnlySpan<float> boxes = lease.Plan.Output(DetectorHead.BoxesName);
        ReadOnlySpan<float> scores = lease.Plan.Output(DetectorHead.ScoresName);
        ReadOnlySpan<int> classes = lease.Plan.IntegerOutput(DetectorHead.ClassesName);
        ReadOnlySpan<int> rows = lease.Plan.IntegerOutput(DetectorHead.RowsName);
        for (int i = 0; i < scores.Length && classes[i] >= 0 && scores[i] > threshold; i++)
        {
            ReadOnlySpan<float> box = Boxes.At(boxes, i);
            Box inInput = new(box[0], box[1], box[2], box[3], classes[i]);
            Box inImage = inInput.Scaled((float)image.OriginalWidth / image.Width, (float)image.OriginalHeight / image.Height);
            found.Add(new FoundObject(inImage, scores[i], RowOf(lease.Plan, rows[i])));
        }

        if (_masks is not null && masks && found.Count > 0)
        {
            AddMasks(found, lease.Plan.Output(FasterRcnn.MaskRegionsName), image, cancellation);
        }

        return found;
    }

    /// <summary>Frees the plans, once runs that are under way have ended.</summary>
    public void Dispose()
    {
        _boxes.Dispose();
        _masks?.Dispose();
    }

    private DetectedRow RowOf(Plan plan, int index)
    {
        if (_head is not FasterRcnn)
        {
            return new DetectedRow(index);
        }

        const int Numbers = HostOperation.RegionNumbers;
        ReadOnlySpan<float> region = plan.Output(FasterRcnn.ProposalsName).Slice(Numbers * index, Numbers);
        return new DetectedRow(index, new Box(region[1], region[2], region[3], region[4], 0));
    }

    private void AddMasks(List<FoundObject> found, ReadOnlySpan<float> regions, PreparedImage image, CancellationToken cancellation)
    {
        // A few sizes of the batch, so that plans are few.
        int rows = (int)BitOperations.RoundUpToPowerOf2((uint)found.Count);
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
        float[] mask = new float[pixels];
        int area = image.OriginalHeight * image.OriginalWidth;
        byte[] pasted = ArrayPool<byte>.Shared.Rent(area);
        for (int i = 0; i < found.Count; i++)
        {
            Box box = found[i].Box;
            int channel = _head.Rules.Classes.LabelOf(box.Label);
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                mask[pixel] = 1 / (1 + MathF.Exp(-logits[(((i * pixels) + pixel) * channels) + channel]));
            }

            MaskPasting.Paste(
                _head.Rules.MaskPasting,
                mask,
                [box.Left, box.Top, box.Right, box.Bottom],
                image.OriginalHeight,
                image.OriginalWidth,
                pasted.AsSpan(0, area));
            found[i] = found[i] with { Mask = RunLengthMask.FromPixels(pasted.AsSpan(0, area), image.OriginalHeight, image.OriginalWidth) };
        }

        ArrayPool<byte>.Shared.Return(pasted);
    }

    private ComputeGraph BuildBoxes(PlanKey key)
    {
        ComputeGraph graph = new();
        Value images = graph.Input(InferenceGraph.Images, [key.Batch, key.Height, key.Width, 3]);
        Value sizes = graph.Input(SizesName, [key.Batch, 2]);
        _head.Forward(images, sizes, _model.Network.Backbone.ForwardStages(images));
        string[] ofRegions = _head is FasterRcnn { HasMasks: var masks }
            ? [FasterRcnn.ProposalsName, .. masks ? [FasterRcnn.MaskRegionsName] : Array.Empty<string>()]
            : [];
        foreach (string name in (string[])
            [DetectorHead.BoxesName, DetectorHead.ScoresName, DetectorHead.ClassesName, DetectorHead.RowsName, .. ofRegions])
        {
            graph.Output(name, graph.Marks[name]);
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
