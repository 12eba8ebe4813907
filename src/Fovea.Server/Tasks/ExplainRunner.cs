using System.Globalization;
using Fovea.Data;
using Fovea.Explanations;
using Fovea.Tasks;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>Maps over images that explain what a model answers: <c>explain</c>. Images run one at a time.</summary>
internal sealed class ExplainRunner : TaskRunner
{
    /// <summary>Last word of the address.</summary>
    public const string Name = "explain";

    private const string EveryPoint = "every";

    // Numbers of an answer for every point, which stays below a few megabytes: beyond, points of a coarser grid are answered.
    private const int MostNumbers = 250_000;

    // Each class takes a run of its own, forward and backward.
    private const int MostClasses = 16;

    private readonly Explainer _explainer;
    private readonly BatchQueue<(Image Image, ExplanationOptions Options, bool Every), IReadOnlyList<Explanation>> _queue;

    /// <summary>Makes an explainer ready.</summary>
    /// <param name="context">Model and choices.</param>
    public ExplainRunner(RunnerContext context)
        : base(Name)
    {
        FoveaServerOptions options = context.Options;
        _explainer = new Explainer(context.Model, context.Threads, options.Lanes);
        _queue = new BatchQueue<(Image Image, ExplanationOptions Options, bool Every), IReadOnlyList<Explanation>>(
            options,
            maxBatch: 1,
            context.Admission,
            batch => [Run(batch[0].Image, batch[0].Options, batch[0].Every)],
            (batch, time) => context.Metrics.Ran(context.Name, batch, time));
    }

    /// <summary>Layers and methods that can be asked for.</summary>
    public ExplainableModel Describe() => new(
        [.. _explainer.Layers.Select(layer => new LayerCard(layer.Name, layer.Height, layer.Width, layer.Heads))],
        [.. _explainer.Methods.Select(method => method.Name())],
        _explainer.DefaultMethod.Name());

    /// <summary>Does nothing: plans are compiled for the methods and layers that are asked for.</summary>
    public override void Warm()
    {
    }

    /// <inheritdoc/>
    public override async Task<IResult> AnswerAsync(TaskRequest request)
    {
        bool every = request.Text("at") == EveryPoint;
        ExplanationOptions options = Options(request, every);
        _explainer.Check(options);
        (IReadOnlyList<IReadOnlyList<ImageExplanation>> answers, IReadOnlyList<ImageFailure>? failures) = await request.EachAsync(
            image => (image, options, every),
            _queue,
            (sent, _, maps) => (IReadOnlyList<ImageExplanation>)[.. maps.Select(map => ImageExplanation.Of(sent.Name, map))])
            .ConfigureAwait(false);
        return TypedResults.Json(
            new ExplanationsAnswer([.. answers.SelectMany(maps => maps)], failures), ServerJson.Answer<ExplanationsAnswer>());
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _queue.Dispose();
        _explainer.Dispose();
    }

    private static ExplanationOptions Options(TaskRequest request, bool every) => new()
    {
        Method = every ? ExplanationMethod.Attention : request.Text("method") is string name ? MethodOf(name) : null,
        Classes = ClassesOf(request),
        Layer = request.Text("layer"),
        Head = Index(request, "head"),
        Detection = Index(request, "detection"),
        At = every ? null : request.Text("at") is string at ? PointOf(at) : null,
        GradientWeighted = request.Text("gradientWeighted") == "true",
    };

    private static string[] ClassesOf(TaskRequest request)
    {
        string[] classes = [.. request.Texts("class").Distinct()];
        return classes.Length <= MostClasses ? classes : throw new RequestException(
            StatusCodes.Status400BadRequest,
            $"'class' names {classes.Length} classes, and one request may name {MostClasses}: send several requests.");
    }

    private static int? Index(TaskRequest request, string name) =>
        request.Text(name) is null ? null : request.Whole(name, 0, 0, int.MaxValue);

    private static ExplanationMethod MethodOf(string name) => ExplanationMethods.Find(name) ?? throw new RequestException(
        StatusCodes.Status400BadRequest, $"'method' must be one of {string.Join(", ", ExplanationMethods.Names)}.");

    private static ImagePoint PointOf(string text) =>
        text.Split(',') is [string x, string y]
        && double.TryParse(x, NumberStyles.Float, CultureInfo.InvariantCulture, out double across)
        && double.TryParse(y, NumberStyles.Float, CultureInfo.InvariantCulture, out double down)
            ? new ImagePoint(across, down)
            : throw new RequestException(
                StatusCodes.Status400BadRequest, $"'at' must be a point in pixels, such as 120,80, or '{EveryPoint}'.");

    private IReadOnlyList<Explanation> Run(Image image, ExplanationOptions options, bool every)
    {
        if (!every)
        {
            return _explainer.Explain(image, options);
        }

        AttentionMaps maps = _explainer.Attend(image, options.Layer);
        (int rows, int columns) = (maps.Queries.Height, maps.Queries.Width);
        if (rows * columns == 0)
        {
            return [maps.OfClassToken(0, options.Head)];
        }

        int step = StepOf(rows, columns, maps.Keys.Height * maps.Keys.Width);
        return
        [
            .. from row in Enumerable.Range(0, (rows + step - 1) / step)
               from column in Enumerable.Range(0, (columns + step - 1) / step)
               select maps.OfCell(row * step, column * step, options.Head),
        ];
    }

    /// <summary>Distance of the queries that are answered, such that all their maps together stay small.</summary>
    private static int StepOf(int rows, int columns, int keys)
    {
        int step = 1;
        while ((long)((rows + step - 1) / step) * ((columns + step - 1) / step) * keys > MostNumbers && step < Math.Max(rows, columns))
        {
            step++;
        }

        return step;
    }
}
