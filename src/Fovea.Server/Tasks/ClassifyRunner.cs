using Fovea.Tasks;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>Classes of images: <c>predict</c>. Images that wait together run together, to the bits that each has alone.</summary>
internal sealed class ClassifyRunner : TaskRunner
{
    /// <summary>Last word of the address.</summary>
    public const string Name = "predict";

    private const int UsualTop = 3;
    private readonly Classifier _classifier;
    private readonly BatchQueue<PreparedTensor, float[]> _queue;

    /// <summary>Makes a classifier ready.</summary>
    /// <param name="context">Model and choices.</param>
    public ClassifyRunner(RunnerContext context)
        : base(Name)
    {
        FoveaServerOptions options = context.Options;
        _classifier = new Classifier(context.Model, options.MaxBatch, context.Threads, options.Lanes, sameBitsInBatch: true);
        _queue = new BatchQueue<PreparedTensor, float[]>(
            options, options.MaxBatch, context.Admission, Run, (batch, time) => context.Metrics.Ran(context.Name, batch, time));
    }

    /// <summary>Queue of prepared images, each for the probabilities of its classes.</summary>
    public BatchQueue<PreparedTensor, float[]> Queue => _queue;

    /// <inheritdoc/>
    public override void Warm()
    {
        using PreparedTensor nothing = new(_classifier.Info.Preprocessing.Length);
        nothing.Values.Clear();
        Run([nothing]);
    }

    /// <inheritdoc/>
    public override async Task<IResult> AnswerAsync(TaskRequest request)
    {
        int top = request.Whole("top", UsualTop, 1, int.MaxValue);
        (IReadOnlyList<ImageClasses> answers, IReadOnlyList<ImageFailure>? failures) = await request.EachAsync(
            image => PreparedTensor.Of(_classifier.Info.Preprocessing, image),
            _queue,
            (sent, _, probabilities) => new ImageClasses(sent.Name, Prediction.Best(probabilities, _classifier.Info.Classes, top)))
            .ConfigureAwait(false);
        return TypedResults.Json(new ClassesAnswer(answers, failures), ServerJson.Answer<ClassesAnswer>());
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _queue.Dispose();
        _classifier.Dispose();
    }

    private float[][] Run(IReadOnlyList<PreparedTensor> batch)
    {
        int length = _classifier.Info.Preprocessing.Length;
        int classes = _classifier.Info.Classes.Count;
        float[] probabilities = new float[batch.Count * classes];
        if (batch.Count == 1)
        {
            _classifier.Predict(batch[0].Values, probabilities);
            return [probabilities];
        }

        using PreparedTensor together = new(batch.Count * length);
        for (int i = 0; i < batch.Count; i++)
        {
            batch[i].Values.CopyTo(together.Values[(i * length)..]);
        }

        _classifier.Predict(together.Values, probabilities);
        return [.. probabilities.Chunk(classes)];
    }
}
