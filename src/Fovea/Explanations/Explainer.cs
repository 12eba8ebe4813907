using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>
/// Images in, maps out that explain what a network answers: made of the graph alone, with no knowledge of a family. Any number of threads
/// may ask at the same time.
/// </summary>
/// <remarks>
/// Plans for the methods and layers that are asked for are compiled at their first use and kept, the latest few; they share the packed
/// weights. Maps are the same bits for any number of threads.
/// </remarks>
public sealed class Explainer : IDisposable
{
    private readonly Model _model;
    private readonly bool _ownsModel;
    private readonly ExplainedNetwork _network;
    private readonly ExplainerPlans _plans;

    /// <summary>Makes an explainer of a model, which stays the caller's and must outlive it.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">The model has no head.</exception>
    public Explainer(Model model, WorkerPool? pool = null, int concurrency = 1)
        : this(model, ownsModel: false, pool, concurrency)
    {
    }

    private Explainer(Model model, bool ownsModel, WorkerPool? pool, int concurrency)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Network.Head is null)
        {
            throw new ArgumentException("The model has no head and so answers nothing: give it one with Model.WithHead.", nameof(model));
        }

        if (model.Network.Head is DenseHead)
        {
            throw new ArgumentException($"{model.Info.Name} does not classify images.", nameof(model));
        }

        (_model, _ownsModel) = (model, ownsModel);
        _network = model.Compiler.Build(() => new ExplainedNetwork(model));
        _plans = new ExplainerPlans(model, pool, concurrency);
    }

    /// <summary>Description of the model: name, options, classes, preprocessing.</summary>
    public ModelInfo Info => _model.Info;

    /// <summary>The model.</summary>
    internal Model Model => _model;

    /// <summary>Attentions and marked maps, in the order in which an image passes them, with their grids at the model's own size.</summary>
    public IReadOnlyList<ExplainableLayer> Layers => _network.Layers;

    /// <summary>Methods that apply to the network.</summary>
    public IReadOnlyList<ExplanationMethod> Methods => _network.Methods;

    /// <summary>
    /// Method where none is chosen: attention where a class token pools the map, that of the classes' own tokens where each has one, else
    /// Grad-CAM.
    /// </summary>
    public ExplanationMethod DefaultMethod => _network.DefaultMethod;

    /// <summary>Loads a checkpoint of Fovea, or one of PyTorch or safetensors under any known names.</summary>
    /// <param name="path">The file; its format is told by its content.</param>
    /// <param name="size">
    /// Rows and columns of the images that the network is given; the checkpoint's own where null. Position tables are resized.
    /// </param>
    /// <param name="pool">Threads to run on, as the constructor takes them.</param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing, broken, does not fit its model, or holds a model that does not classify images.
    /// </exception>
    /// <exception cref="ShapeException">The model does not take images of the given size.</exception>
    public static Explainer Load(string path, (int Height, int Width)? size = null, WorkerPool? pool = null, int concurrency = 1)
    {
        Model model = Checkpoint.Load(path, new ImportOptions(Size: size));
        try
        {
            return model.Network.Head switch
            {
                null => throw new InvalidFileException(
                    path, $"it holds {model.Info.Name} without a head, which answers nothing to explain", [new Remedy.GiveHead(path)]),
                DenseHead => throw new InvalidFileException(
                    path, $"it holds {model.Info.Name}, and only classifiers are explained", [new Remedy.DetectObjects(path)]),
                _ => new Explainer(model, ownsModel: true, pool, concurrency),
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Checks that the network allows what options ask for, whatever the image.</summary>
    /// <param name="options">The options.</param>
    /// <exception cref="ExplanationException">It does not; the message says what it allows.</exception>
    public void Check(ExplanationOptions options) => ExplanationChecks.Validate(_network, options, Info.Classes);

    /// <summary>Explains what the network answers to an image.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="options">Method, classes, layer and so on; the usual where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers, and stops between two runs of the network.</param>
    /// <returns>A map, or one for each class that was asked for.</returns>
    /// <exception cref="ExplanationException">Network or image do not allow what the options ask for.</exception>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The explainer was disposed of, before the call or while it waited.</exception>
    public IReadOnlyList<Explanation> Explain(
        Image image, ExplanationOptions? options = null, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        options ??= new ExplanationOptions();
        Check(options);
        ExplanationMethod method = options.Method ?? DefaultMethod;
        ExplainedInput input = ExplainedInput.Of(Info.Preprocessing, image);
        return method switch
        {
            ExplanationMethod.Attention => [Attention(input, options, cancellation)],
            ExplanationMethod.Classes => OfClassTokens(input, options, cancellation),
            ExplanationMethod.Rollout => RollOut(input, options, cancellation),
            ExplanationMethod.Occlusion => Occlude(input, options, cancellation),
            _ => Differentiate(input, method, options, cancellation),
        };
    }

    /// <summary>Computes all weights of an attention for an image.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="layer">Name of the attention; the last where null.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ExplanationException">The network has no attention, or none of the name.</exception>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The explainer was disposed of, before the call or while it waited.</exception>
    public AttentionMaps Attend(Image image, string? layer = null, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        ExplanationChecks.RequireMethod(_network, ExplanationMethod.Attention);
        return Attend(ExplainedInput.Of(Info.Preprocessing, image), _network.FindAttention(layer), cancellation);
    }

    /// <summary>Frees the plans, and a model that was loaded, once runs that are under way have ended.</summary>
    public void Dispose()
    {
        _plans.Dispose();
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }

    private AttentionMaps Attend(ExplainedInput input, ExplainableLayer layer, CancellationToken cancellation) =>
        new(layer, _plans.WeightsOf(input, layer.Name, cancellation), input.Region);

    private Explanation Attention(ExplainedInput input, ExplanationOptions options, CancellationToken cancellation)
    {
        ExplainableLayer layer = _network.FindAttention(options.Layer, options.At is not null);
        (int Row, int Column)? cell = options.At is ImagePoint at ? ExplanationChecks.CellOf(at, input, layer) : null;
        AttentionMaps maps = Attend(input, layer, cancellation);
        return cell is var (row, column) ? maps.OfCell(row, column, options.Head) with { Query = options.At }
            : ExplainedNetwork.HasTokenOfItsOwn(layer) ? maps.OfClassToken(0, options.Head)
            : maps.Mean(options.Head);
    }

    private Explanation[] OfClassTokens(ExplainedInput input, ExplanationOptions options, CancellationToken cancellation)
    {
        ExplainableLayer layer = _network.ClassAttention!;
        int[] classes = ClassesOf(input, options, cancellation);
        AttentionMaps maps = Attend(input, layer, cancellation);
        return
        [
            .. classes.Select(index => maps.OfClassToken(index, options.Head) with
            {
                Method = ExplanationMethod.Classes,
                Class = Info.Classes[index],
            }),
        ];
    }

    private Explanation[] RollOut(ExplainedInput input, ExplanationOptions options, CancellationToken cancellation)
    {
        TokenPath path = _network.Path!;
        bool perClass = _network.ClassAttention is not null;
        if (!options.GradientWeighted && !perClass)
        {
            return [Of(null)];
        }

        return [.. ClassesOf(input, options, cancellation).Select(index => Of(index))];

        Explanation Of(int? index)
        {
            int? score = options.GradientWeighted ? index : null;
            double[] shares = _plans.RollOut(input, path, score, perClass ? index!.Value : 0, cancellation);
            TokenGrid grid = path.Attentions[0].Keys;
            double[] cells = shares[grid.ClassTokens..];
            return new Explanation
            {
                Method = ExplanationMethod.Rollout,
                Layer = _network.PathStart,
                Class = index is int one ? Info.Classes[one] : null,
                Height = grid.Height,
                Width = grid.Width,
                Values = Array.ConvertAll(cells, share => (float)share),
                ClassTokenShare = score is null ? (float)(1 - cells.Sum()) : null,
                Region = input.Region,
            };
        }
    }

    private Explanation[] Differentiate(
        ExplainedInput input, ExplanationMethod method, ExplanationOptions options, CancellationToken cancellation)
    {
        bool integrates = method == ExplanationMethod.IntegratedGradients;
        string? layer = integrates && options.Layer is null ? null : _network.FindMap(options.Layer).Name;
        int[] classes = ClassesOf(input, options, cancellation);
        using GradientRun run = _plans.RentGradient(input, layer ?? InferenceGraph.Images, cancellation);
        return [.. classes.Select(Of)];

        Explanation Of(int index)
        {
            if (!integrates)
            {
                run.Run(input.Values, index);
            }

            float[] values = method switch
            {
                ExplanationMethod.GradCam => ClassActivation.GradCam(run.Map, run.Gradient, run.Channels),
                ExplanationMethod.GradCamPlusPlus => ClassActivation.GradCamPlusPlus(run.Map, run.Gradient, run.Channels),
                ExplanationMethod.LayerCam => ClassActivation.LayerCam(run.Map, run.Gradient, run.Channels),
                _ => IntegratedGradients.Compute(run, input.Values, index, options.Steps, cancellation),
            };
            return Answer(input, method, layer, index, values, (run.Height, run.Width));
        }
    }

    private Explanation[] Occlude(ExplainedInput input, ExplanationOptions options, CancellationToken cancellation)
    {
        ExplainableLayer? layer = options.Layer is null ? null : _network.FindMap(options.Layer);
        Occlusion occlusion = layer is null ? Occlusion.Of(input, options.Window, options.Stride) : Occlusion.Of(input, layer);
        int[] classes = ClassesOf(input, options, cancellation);
        float[][] maps = occlusion.Compute(
            input.Values, images => _plans.ScoresOf(images.Span, (input.Height, input.Width), cancellation), classes, cancellation);
        return
        [
            .. classes.Zip(maps, (index, values) => Answer(
                input, ExplanationMethod.Occlusion, layer?.Name, index, values, (occlusion.Rows, occlusion.Columns))),
        ];
    }

    private Explanation Answer(
        ExplainedInput input, ExplanationMethod method, string? layer, int index, float[] values, (int Height, int Width) grid) => new()
        {
            Method = method,
            Layer = layer,
            Class = Info.Classes[index],
            Height = grid.Height,
            Width = grid.Width,
            Values = values,
            Region = input.Region,
        };

    /// <summary>Indices of the classes that are asked for; of the predicted one where none is.</summary>
    private int[] ClassesOf(ExplainedInput input, ExplanationOptions options, CancellationToken cancellation)
    {
        if (options.Classes.Count > 0)
        {
            return [.. options.Classes.Select(name => ExplanationChecks.ClassOf(Info.Classes, name))];
        }

        float[] scores = _plans.ScoresOf(input.Values, (input.Height, input.Width), cancellation);
        return [Array.IndexOf(scores, scores.Max())];
    }
}
