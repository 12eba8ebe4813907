using Fovea.Checkpoints;
using System.Numerics.Tensors;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>What a backbone makes of one image.</summary>
/// <param name="Stages">The map of each stage by name: (height, width, channels).</param>
/// <param name="Pooled">What the classifier would read: (channels), or (classes, channels) where each class has a token of its own.</param>
public sealed record BackboneFeatures(IReadOnlyDictionary<string, Tensor<float>> Stages, Tensor<float> Pooled)
{
    /// <summary>The map of a stage: (height, width, channels).</summary>
    /// <param name="stage">Its name, such as <c>stage3</c>.</param>
    /// <exception cref="KeyNotFoundException">There is no such stage; the message names those there are.</exception>
    public Tensor<float> this[string stage] => Stages.TryGetValue(stage, out Tensor<float>? map)
        ? map
        : throw new KeyNotFoundException($"There is no stage '{stage}'; there are {string.Join(", ", Stages.Keys)}.");
}

/// <summary>
/// A network without its classifier: an image in, the maps of its stages and the pooled features out, for tasks that build on them. Any number of threads
/// may ask at the same time.
/// </summary>
/// <remarks>The weights are shared and nothing changes them; memory and <c>concurrency</c> are as <see cref="Classifier"/> has them.</remarks>
public sealed class FeatureExtractor : IDisposable
{
    private readonly ParameterStore _state;
    private readonly PlanPool<Plan> _plans;

    private FeatureExtractor(Network network, ParameterStore state, Preprocessing preprocessing, WorkerPool? pool, int concurrency)
    {
        (_state, Preprocessing, Stages) = (state, preprocessing, network.Stages);
        ComputeGraph graph = Graph(network, preprocessing);
        Attentions = AttentionDescription.Of(graph);
        _plans = new PlanPool<Plan>(concurrency, pool, threads => Plan.Compile(Graph(network, preprocessing), threads));
    }

    /// <summary>How images become the network's input.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>The stages in the order in which an image passes them, with stride and channels.</summary>
    public IReadOnlyList<StageDescription> Stages { get; }

    /// <summary>The attentions in the order in which an image passes them: where they are, their heads, what queries and keys stand for.</summary>
    public IReadOnlyList<AttentionDescription> Attentions { get; }

    /// <summary>Loads a checkpoint.</summary>
    /// <param name="path">A safetensors file that Fovea wrote.</param>
    /// <param name="size">Rows and columns of the images that the network is given; the checkpoint's own where null. Position tables are resized.</param>
    /// <param name="pool">The threads to run on. Where none are given: the shared pool, or, with a concurrency above 1, an equal share of the processors for each plan.</param>
    /// <param name="concurrency">How many images may be in the network at the same time; further callers wait.</param>
    /// <exception cref="InvalidFileException">The file is missing, broken or does not fit its model.</exception>
    /// <exception cref="ShapeException">The model does not take images of the given size.</exception>
    public static FeatureExtractor Load(string path, (int Height, int Width)? size = null, WorkerPool? pool = null, int concurrency = 1)
    {
        if (concurrency == 1)
        {
            return Checkpoint.Compile(path, size, Make);
        }

        (ModelInfo info, Network network, ParameterStore state) = Checkpoint.Open(path, size);
        return Make(info, network, state);

        FeatureExtractor Make(ModelInfo info, Network network, ParameterStore state) => new(network, state, info.Preprocessing, pool, concurrency);
    }

    /// <summary>Makes a registered model with fresh weights.</summary>
    /// <param name="model">Its name; <see cref="ModelRegistry.Names"/> lists them.</param>
    /// <param name="options">What differs from the registered variant.</param>
    /// <param name="seed">The seed of the weights.</param>
    /// <param name="pool">The threads to run on, as <see cref="Load"/> has them.</param>
    /// <param name="concurrency">How many images may be in the network at the same time; further callers wait.</param>
    /// <exception cref="ArgumentException">There is no such model; the message names those that are alike.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the given size.</exception>
    public static FeatureExtractor Create(string model, ModelOptions? options = null, ulong seed = 0, WorkerPool? pool = null, int concurrency = 1)
    {
        Network network = ModelRegistry.Create(model, options);
        ParameterStore state = new(network);
        state.Initialize(seed);
        return new FeatureExtractor(network, state, new Preprocessing { Height = network.Height, Width = network.Width }, pool, concurrency);
    }

    /// <summary>The features of an image.</summary>
    /// <param name="image">An image of any size.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public BackboneFeatures Extract(Image image, CancellationToken cancellation = default)
    {
        using PlanPool<Plan>.Lease lease = _plans.Rent(cancellation);
        Preprocessing.Apply(image, lease.Plan.Input("images"));
        return Run(lease.Plan);
    }

    /// <summary>The features of an image that the caller prepared.</summary>
    /// <param name="prepared">What <see cref="Preprocessing.Apply"/> makes of an image: (H, W, C).</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    /// <exception cref="ArgumentException">It has another length.</exception>
    public BackboneFeatures Extract(ReadOnlySpan<float> prepared, CancellationToken cancellation = default)
    {
        Preprocessing.RequireLength(prepared);
        using PlanPool<Plan>.Lease lease = _plans.Rent(cancellation);
        prepared.CopyTo(lease.Plan.Input("images"));
        return Run(lease.Plan);
    }

    /// <summary>Waits for callers that are being served, then frees all memory.</summary>
    public void Dispose()
    {
        _plans.Dispose();
        _state.Dispose();
    }

    private static ComputeGraph Graph(Network network, Preprocessing preprocessing)
    {
        ComputeGraph graph = new();
        network.Forward(graph.Input("images", [1, preprocessing.Height, preprocessing.Width, preprocessing.Channels]));
        foreach (string name in (string[])[.. network.Stages.Select(stage => stage.Name), Backbone.Pooled])
        {
            graph.Output(name, graph.Marks[name]);
        }

        return graph;
    }

    private BackboneFeatures Run(Plan plan)
    {
        plan.Run();
        OrderedDictionary<string, Tensor<float>> maps = [];
        foreach (StageDescription stage in Stages)
        {
            maps.Add(stage.Name, Copy(plan, stage.Name));
        }

        return new BackboneFeatures(maps, Copy(plan, Backbone.Pooled));
    }

    /// <summary>An output without its first axis, the images, of which there is one.</summary>
    private static Tensor<float> Copy(Plan plan, string name)
    {
        Shape shape = plan.Graph.Outputs[name].Shape;
        return Tensor.Create(plan.Output(name).ToArray(), [.. Enumerable.Range(1, shape.Rank - 1).Select(axis => (nint)shape[axis])]);
    }
}
