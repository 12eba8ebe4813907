using Fovea.Data;
using Fovea.Tasks;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>The class of every pixel of images: <c>segment</c>. Images keep their sizes, so they run one at a time.</summary>
internal sealed class SegmentRunner : TaskRunner
{
    /// <summary>Last word of the address.</summary>
    public const string Name = "segment";

    private readonly Segmenter _segmenter;
    private readonly BatchQueue<Image, Segmentation> _queue;

    /// <summary>Makes a segmenter ready.</summary>
    /// <param name="context">Model and choices.</param>
    public SegmentRunner(RunnerContext context)
        : base(Name)
    {
        FoveaServerOptions options = context.Options;
        _segmenter = new Segmenter(context.Model, context.Threads, options.Lanes);
        _queue = new BatchQueue<Image, Segmentation>(
            options,
            maxBatch: 1,
            context.Admission,
            batch => [_segmenter.Segment(batch[0])],
            (batch, time) => context.Metrics.Ran(context.Name, batch, time));
    }

    /// <summary>Queue of images, each for the classes of its pixels.</summary>
    public BatchQueue<Image, Segmentation> Queue => _queue;

    /// <inheritdoc/>
    public override void Warm() => _segmenter.Segment(new Image(64, 64, 3, new byte[64 * 64 * 3]));

    /// <inheritdoc/>
    public override async Task<IResult> AnswerAsync(TaskRequest request)
    {
        (IReadOnlyList<ImageSegments> answers, IReadOnlyList<ImageFailure>? failures) = await request.EachAsync(
            image => image, _queue, (sent, _, found) => ImageSegments.Of(sent.Name, found)).ConfigureAwait(false);
        return TypedResults.Json(new SegmentsAnswer(answers, failures), ServerJson.Answer<SegmentsAnswer>());
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _queue.Dispose();
        _segmenter.Dispose();
    }
}
