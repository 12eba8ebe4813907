using System.Collections.Concurrent;
using Fovea.Data;
using Fovea.Engine.Execution;

namespace Fovea.Models;

/// <summary>Classes of the pixels of an image.</summary>
/// <param name="Classes">Index of the class of each pixel, in one channel, of the image's size.</param>
/// <param name="Probabilities">Probabilities (H, W, classes); null where they were not wanted.</param>
internal sealed record PixelClasses(Image Classes, float[]? Probabilities);

/// <summary>
/// Runs a segmentation network on images of any size: whole or by windows, mirrored, at several scales. Any number of threads may ask at
/// the same time.
/// </summary>
internal sealed class SegmenterPlans : IDisposable
{
    private const int MostClasses = 256;
    private readonly Model _model;
    private readonly SegmenterHead _head;
    private readonly PlanCache _plans;
    private readonly ConcurrentDictionary<(int Height, int Width), long> _bytes = [];

    /// <summary>Makes plans for a model, compiled when an image of a new size comes.</summary>
    /// <param name="model">A model with a segmentation head.</param>
    /// <param name="owner">Name of the class that callers know, for errors.</param>
    /// <param name="threads">Threads of all plans; a share of the processors for each caller where null.</param>
    /// <param name="concurrency">Number of callers at the same time.</param>
    /// <exception cref="ArgumentException">There are more classes than a byte tells apart.</exception>
    public SegmenterPlans(Model model, string owner, WorkerPool? threads, int concurrency)
    {
        (_model, _head) = (model, (SegmenterHead)model.Network.Head!);
        if (_head.Classes > MostClasses)
        {
            throw new ArgumentException($"Maps of classes have 8 bits: at most {MostClasses} classes, not {_head.Classes}.", nameof(model));
        }

        _plans = model.CreatePlans(owner, Build, threads, concurrency);
    }

    /// <summary>Throws if the plans were disposed of.</summary>
    /// <exception cref="ObjectDisposedException">They were.</exception>
    public void ThrowIfClosed() => _plans.ThrowIfClosed();

    /// <summary>Tells the class of each pixel of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="inference">Windows, mirroring, scales; the whole image as it is where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers, and stops between two windows.</param>
    /// <exception cref="UnusableDataException">The network does not take images of a size that comes up.</exception>
    public PixelClasses Classify(Image image, SegmentationInference? inference = null, CancellationToken cancellation = default)
    {
        inference ??= new SegmentationInference();
        List<PreparedImage> prepared = [];
        List<(LogitRows Rows, bool Mirrored)> maps = [];
        try
        {
            foreach (double scale in inference.Scales)
            {
                foreach (bool mirrored in inference.Flip ? new[] { false, true } : [false])
                {
                    PreparedImage input = new(_model.Info.Preprocessing, image, scale);
                    prepared.Add(input);
                    if (mirrored)
                    {
                        input.Mirror();
                    }

                    maps.Add((Rows(input, inference, cancellation), mirrored));
                }
            }

            (int height, int width) = (prepared[0].OriginalHeight, prepared[0].OriginalWidth);
            byte[] classes = new byte[height * width];
            float[]? probabilities = inference.Probabilities ? new float[checked(height * width * _head.Classes)] : null;
            PixelVotes.Count(maps, classes, probabilities, cancellation);
            return new PixelClasses(new Image(width, height, 1, classes), probabilities);
        }
        finally
        {
            prepared.ForEach(input => input.Dispose());
        }
    }

    /// <summary>Frees the plans, once runs that are under way have ended.</summary>
    public void Dispose() => _plans.Dispose();

    /// <summary>Logits of an image at its original size.</summary>
    private LogitRows Rows(PreparedImage image, SegmentationInference inference, CancellationToken cancellation)
    {
        int? window = inference.Window;
        if (window is null && BytesOf(image.PaddedHeight, image.PaddedWidth) > (inference.MostBytes ?? HalfOfMemory()))
        {
            window = Math.Min(_model.Network.Height, _model.Network.Width);
        }

        LogitRows rows = window is int side
            ? Windows(image, side, Math.Min(inference.Stride ?? Math.Max(1, side * 2 / 3), side), cancellation)
            : Run(image, 0, 0, image.Height, image.Width, cancellation);
        return ResizedRows.Of(rows, image.OriginalHeight, image.OriginalWidth, _head.Options.AlignCorners);
    }

    private WindowRows Windows(PreparedImage image, int window, int stride, CancellationToken cancellation)
    {
        SlidingAxis rows = new(image.Height, window, stride);
        SlidingAxis columns = new(image.Width, window, stride);
        return new WindowRows(
            rows, columns, _head.Classes, (top, left) => Run(image, top, left, rows.Window, columns.Window, cancellation));
    }

    /// <summary>Logits of a part of a prepared image, padded as images are, at the part's size.</summary>
    private LogitRows Run(PreparedImage image, int top, int left, int height, int width, CancellationToken cancellation)
    {
        Preprocessing preprocessing = image.Preprocessing;
        (int paddedHeight, int paddedWidth) = (preprocessing.PaddedSide(height), preprocessing.PaddedSide(width));
        RequireFits(paddedHeight, paddedWidth);
        float[] logits;
        Shape shape;
        using (PlanCache.Lease lease = _plans.Rent(new PlanKey(1, paddedHeight, paddedWidth), cancellation))
        {
            image.CopyTo(lease.Plan.Input(InferenceGraph.Images), top, left, height, width, paddedWidth);
            lease.Plan.Run();
            shape = lease.Plan.Graph.Outputs[InferenceGraph.Logits].Shape;
            logits = lease.Plan.Output(InferenceGraph.Logits).ToArray();
        }

        StoredRows stored = new(logits, shape[1], shape[2], shape[3]);
        return ResizedRows.Of(stored, paddedHeight, paddedWidth, _head.Options.AlignCorners, (height, width));
    }

    private void RequireFits(int height, int width)
    {
        ImageSizes sizes = _model.Network.Sizes;
        if (!sizes.Fits(height, width))
        {
            throw new UnusableDataException(
                $"{_model.Info.Name} takes no images of {height}×{width} pixels: {sizes}. Leave window and scales as they are.");
        }
    }

    private ComputeGraph Build(PlanKey key) => InferenceGraph.Build(_model.Network, key.Batch, key.Height, key.Width);

    /// <summary>Bytes of a run, by its plan; so many that nothing has them where the plan cannot be made.</summary>
    private long BytesOf(int height, int width) => _bytes.GetOrAdd((height, width), size =>
    {
        RequireFits(size.Height, size.Width);
        try
        {
            return _model.Compiler.Estimate(() => Build(new PlanKey(1, size.Height, size.Width)));
        }
        catch (Exception error) when (error is ShapeException or OverflowException)
        {
            return long.MaxValue;
        }
    });

    private static long HalfOfMemory() => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
}
