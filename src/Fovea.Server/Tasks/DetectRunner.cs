using Fovea.Data;
using Fovea.Tasks;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>Objects in images: <c>detect</c>. Images keep their sizes, so they run one at a time.</summary>
internal sealed class DetectRunner : TaskRunner
{
    /// <summary>Last word of the address.</summary>
    public const string Name = "detect";

    /// <summary>Score that objects exceed where the request does not say.</summary>
    public const double UsualThreshold = 0.5;
    private readonly Detector _detector;
    private readonly BatchQueue<(Image Image, double Threshold), IReadOnlyList<Tasks.Detection>> _queue;

    /// <summary>Makes a detector ready.</summary>
    /// <param name="context">Model and choices.</param>
    public DetectRunner(RunnerContext context)
        : base(Name)
    {
        FoveaServerOptions options = context.Options;
        _detector = new Detector(context.Model, context.Threads, options.Lanes);
        _queue = new BatchQueue<(Image Image, double Threshold), IReadOnlyList<Tasks.Detection>>(
            options,
            maxBatch: 1,
            context.Admission,
            batch => [_detector.Detect(batch[0].Image, batch[0].Threshold)],
            (batch, time) => context.Metrics.Ran(context.Name, batch, time));
    }

    /// <summary>Queue of images, each for its objects.</summary>
    public BatchQueue<(Image Image, double Threshold), IReadOnlyList<Tasks.Detection>> Queue => _queue;

    /// <inheritdoc/>
    public override void Warm() => _detector.Detect(new Image(64, 64, 3, new byte[64 * 64 * 3]));

    /// <inheritdoc/>
    public override async Task<IResult> AnswerAsync(TaskRequest request)
    {
        double threshold = request.Share("threshold", UsualThreshold);
        (IReadOnlyList<ImageDetections> answers, IReadOnlyList<ImageFailure>? failures) = await request.EachAsync(
            image => (image, threshold),
            _queue,
            (sent, image, found) => new ImageDetections(sent.Name, image.Width, image.Height, found)).ConfigureAwait(false);
        return TypedResults.Json(new DetectionsAnswer(answers, failures), ServerJson.Answer<DetectionsAnswer>());
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _queue.Dispose();
        _detector.Dispose();
    }
}
