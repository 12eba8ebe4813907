using System.Numerics.Tensors;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>
/// A backbone made ready to use: images in, maps of its stages and pooled features out, for tasks that build on them. Any number of threads
/// may ask at the same time.
/// </summary>
/// <remarks>Batches, memory and <c>concurrency</c> are as <see cref="Classifier"/> has them, but a batch runs whole.</remarks>
public sealed class FeatureExtractor : IDisposable
{
    private const string Images = InferenceGraph.Images;
    private readonly Model _model;
    private readonly bool _ownsModel;
    private readonly string[] _outputs;
    private readonly PlanCache _plans;

    /// <summary>Makes an extractor of a model, with or without head, which stays the caller's and must outlive it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="stages">
    /// Names of the stages to give, and <see cref="Backbone.Pooled"/> for the pooled features; all of them where null. Nothing behind the
    /// last chosen stage is computed.
    /// </param>
    /// <param name="pool">
    /// Threads to run on. Where null: the shared pool, or, with a concurrency above 1, an equal share of the processors for each caller.
    /// </param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">There is no such stage, or none is chosen.</exception>
    public FeatureExtractor(Model model, IReadOnlyList<string>? stages = null, WorkerPool? pool = null, int concurrency = 1)
        : this(model, ownsModel: false, stages, pool, concurrency)
    {
    }

    private FeatureExtractor(Model model, bool ownsModel, IReadOnlyList<string>? stages, WorkerPool? pool, int concurrency)
    {
        ArgumentNullException.ThrowIfNull(model);
        string[] all = [.. model.Network.Stages.Select(stage => stage.Name), Backbone.Pooled];
        _outputs = [.. all.Where(name => stages is null || stages.Contains(name))];
        if (_outputs.Length == 0 || stages?.FirstOrDefault(name => !all.Contains(name)) is not null)
        {
            throw new ArgumentException($"Choose stages among {string.Join(", ", all)}, not {string.Join(", ", stages!)}.", nameof(stages));
        }

        (_model, _ownsModel) = (model, ownsModel);
        Stages = [.. model.Network.Stages.Where(stage => _outputs.Contains(stage.Name))];
        PlanKey single = new(1, Preprocessing.Height, Preprocessing.Width);
        IReadOnlyList<AttentionLayout>? attentions = null;
        _plans = model.CreatePlans(nameof(FeatureExtractor), Build, pool, concurrency);
        try
        {
            _plans.Rent(single).Dispose();
        }
        catch
        {
            _plans.Dispose();
            throw;
        }

        Attentions = attentions ?? [];

        ComputeGraph Build(PlanKey key)
        {
            ComputeGraph graph = new();
            model.Network.Forward(graph.Input(Images, [key.Batch, key.Height, key.Width, Preprocessing.Channels]));
            foreach (string name in _outputs)
            {
                graph.Output(name, graph.Marks[name]);
            }

            // Once, for the model's own size; nothing of the graph is kept.
            attentions ??= [.. AttentionDescription.Of(graph).Select(one => new AttentionLayout(one.Path, one.Heads, one.Tokens))];
            return graph;
        }
    }

    /// <summary>Preprocessing that turns images into the network's input.</summary>
    public Preprocessing Preprocessing => _model.Info.Preprocessing;

    /// <summary>Chosen stages in the order in which an image passes them, with stride and channels.</summary>
    public IReadOnlyList<StageDescription> Stages { get; }

    /// <summary>
    /// Attentions of the network at the model's own image size, in the order in which an image passes them: path, heads, and the grids that
    /// queries and keys stand for.
    /// </summary>
    public IReadOnlyList<AttentionLayout> Attentions { get; }

    /// <summary>Loads a checkpoint of Fovea, or one of PyTorch or safetensors under any known names.</summary>
    /// <param name="path">The file; its format is told by its content.</param>
    /// <param name="size">
    /// Rows and columns of the images that the network is given; the checkpoint's own where null. Position tables are resized.
    /// </param>
    /// <param name="stages">Names of the stages to give, as the constructor takes them.</param>
    /// <param name="pool">Threads to run on, as the constructor takes them.</param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">There is no such stage, or none is chosen.</exception>
    /// <exception cref="InvalidFileException">The file is missing, broken or does not fit its model.</exception>
    /// <exception cref="ShapeException">The model does not take images of the given size.</exception>
    public static FeatureExtractor Load(
        string path,
        (int Height, int Width)? size = null,
        IReadOnlyList<string>? stages = null,
        WorkerPool? pool = null,
        int concurrency = 1) =>
        CompiledCheckpoint.Load(path, size, model => new FeatureExtractor(model, ownsModel: true, stages, pool, concurrency));

    /// <summary>Creates a registered model with fresh weights and makes an extractor of it.</summary>
    /// <param name="name">Registered name; <see cref="ModelRegistry.Names"/> lists them.</param>
    /// <param name="options">Changes to the registered variant.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="stages">Names of the stages to give, as the constructor takes them.</param>
    /// <param name="pool">Threads to run on, as the constructor takes them.</param>
    /// <param name="concurrency">Number of callers that may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">There is no such model, or no such stage; the message names those that there are.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the given size.</exception>
    public static FeatureExtractor Create(
        string name,
        ModelOptions? options = null,
        ulong seed = 0,
        IReadOnlyList<string>? stages = null,
        WorkerPool? pool = null,
        int concurrency = 1)
    {
        Model model = Model.Create(name, options, seed);
        try
        {
            return new FeatureExtractor(model, ownsModel: true, stages, pool, concurrency);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Extracts the features of an image; they have no axis N.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The extractor was disposed of, before the call or while it waited.</exception>
    public BackboneFeatures Extract(Image image, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        using PreparedImages prepared = new(Preprocessing, image);
        return Extract(prepared.Values, cancellation);
    }

    /// <summary>Extracts the features of several images in one run.</summary>
    /// <param name="images">Images of any sizes, one at least.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ArgumentException">There is no image.</exception>
    /// <exception cref="UnusableDataException">An image does not fit the preprocessing.</exception>
    /// <exception cref="ObjectDisposedException">The extractor was disposed of, before the call or while it waited.</exception>
    public BackboneFeatures Extract(IReadOnlyList<Image> images, CancellationToken cancellation = default)
    {
        _plans.ThrowIfClosed();
        if (images.Count == 0)
        {
            throw new ArgumentException("A batch has at least one image.", nameof(images));
        }

        using PreparedImages prepared = new(Preprocessing, [.. images]);
        using PlanCache.Lease lease = _plans.Rent(new PlanKey(images.Count, Preprocessing.Height, Preprocessing.Width), cancellation);
        prepared.Values.CopyTo(lease.Plan.Input(Images));
        return Run(lease.Plan, hasBatchAxis: true);
    }

    /// <summary>Extracts the features of a batch of prepared images, of any size that the network takes.</summary>
    /// <param name="images">Images (N, H, W, 3), prepared as <see cref="Preprocessing.Apply"/> does.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ShapeException">The network does not take images of the shape.</exception>
    /// <exception cref="ObjectDisposedException">The extractor was disposed of, before the call or while it waited.</exception>
    public BackboneFeatures Extract(Tensor<float> images, CancellationToken cancellation = default)
    {
        using PlanCache.Lease lease = _plans.Rent(Model.KeyOf(images), cancellation);
        images.FlattenTo(lease.Plan.Input(Images));
        return Run(lease.Plan, hasBatchAxis: true);
    }

    /// <summary>Extracts the features of an image that the caller prepared; they have no axis N.</summary>
    /// <param name="prepared">Values (H, W, C), as <see cref="Preprocessing.Apply"/> makes them of an image.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ArgumentException">There are more or fewer values.</exception>
    /// <exception cref="ObjectDisposedException">The extractor was disposed of, before the call or while it waited.</exception>
    public BackboneFeatures Extract(ReadOnlySpan<float> prepared, CancellationToken cancellation = default)
    {
        Preprocessing.RequireLength(prepared);
        using PlanCache.Lease lease = _plans.Rent(new PlanKey(1, Preprocessing.Height, Preprocessing.Width), cancellation);
        prepared.CopyTo(lease.Plan.Input(Images));
        return Run(lease.Plan, hasBatchAxis: false);
    }

    /// <summary>Turns away callers that wait, waits for those that are being served, then frees all memory.</summary>
    public void Dispose()
    {
        _plans.Dispose();
        if (_ownsModel)
        {
            _model.Dispose();
        }
    }

    private BackboneFeatures Run(Plan plan, bool hasBatchAxis)
    {
        plan.Run();
        OrderedDictionary<string, Tensor<float>> maps = [];
        foreach (StageDescription stage in Stages)
        {
            maps.Add(stage.Name, Copy(plan, stage.Name, hasBatchAxis));
        }

        return new BackboneFeatures(maps, _outputs.Contains(Backbone.Pooled) ? Copy(plan, Backbone.Pooled, hasBatchAxis) : null);
    }

    private static Tensor<float> Copy(Plan plan, string name, bool hasBatchAxis)
    {
        IEnumerable<nint> lengths = plan.Graph.Outputs[name].Shape.Select(extent => (nint)extent);
        return Tensor.Create(plan.Output(name).ToArray(), [.. lengths.Skip(hasBatchAxis ? 0 : 1)]);
    }
}
