using System.Numerics.Tensors;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>A network with its parameters and the description that is needed to use it, save it and train it.</summary>
public sealed class Model : IDisposable
{
    private readonly List<PlanCache> _caches = [];
    private readonly PlanCache _plans;

    /// <summary>Makes a model of a network and its parameters; the parameters belong to the model from then on.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">The network's parameters.</param>
    /// <param name="info">Description of the network.</param>
    /// <exception cref="ArgumentException">
    /// There is not one name for each class, or the preprocessing gives images of another size.
    /// </exception>
    public Model(Network network, ParameterStore parameters, ModelInfo info)
    {
        if (info.Classes.Count != network.Classes)
        {
            throw new ArgumentException(
                $"A network of {network.Classes} classes needs as many class names, not {info.Classes.Count}.", nameof(info));
        }

        if (network.Head is not DenseHead && (info.Preprocessing.Height, info.Preprocessing.Width) != (network.Height, network.Width))
        {
            throw new ArgumentException(
                $"The preprocessing gives images of {info.Preprocessing.Height}×{info.Preprocessing.Width}, "
                + $"the network is made for {network.Height}×{network.Width}.",
                nameof(info));
        }

        (Network, Parameters, Info) = (network, parameters, info);
        _plans = CreatePlans(nameof(Model), key => InferenceGraph.Build(Network, key.Batch, key.Height, key.Width));
    }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Weights and statistics of the network.</summary>
    public ParameterStore Parameters { get; }

    /// <summary>Description of the network: name, options, classes, preprocessing.</summary>
    public ModelInfo Info { get; }

    /// <summary>Compiler of all plans of the model, which share packed weights.</summary>
    internal PlanCompiler Compiler { get; } = new();

    /// <summary>Creates a registered model with fresh weights.</summary>
    /// <param name="name">Registered name; <see cref="ModelRegistry.Names"/> lists them.</param>
    /// <param name="options">Changes to the registered variant.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <exception cref="ArgumentException">There is no such model; the message names those that are alike.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the size.</exception>
    public static Model Create(string name, ModelOptions? options = null, ulong seed = 0)
    {
        Network network = ModelRegistry.Create(name, options);
        return From(network, InfoOf(network, ModelRegistry.Resolve(name), options), seed);
    }

    /// <summary>Makes a model of a network that is part of no store yet, with fresh weights.</summary>
    /// <param name="network">The network; it need not be registered.</param>
    /// <param name="info">
    /// Description of the network. Where null: the name of the backbone's class, classes named "class 0" and so on, preprocessing for the
    /// network's size. Only a registered name can be loaded from a file again.
    /// </param>
    /// <param name="seed">Seed of the weights.</param>
    /// <exception cref="InvalidOperationException">The network is part of another model.</exception>
    public static Model From(Network network, ModelInfo? info = null, ulong seed = 0)
    {
        ParameterStore parameters = new(network);
        parameters.Initialize(seed);
        return new Model(network, parameters, info ?? InfoOf(network, network.Backbone.GetType().Name, null));
    }

    /// <summary>
    /// Replaces the head by a fresh one for other classes and keeps the backbone's values. This object is disposed of; the result takes its
    /// place.
    /// </summary>
    /// <param name="classes">Number of classes; 0 for a model that gives pooled features.</param>
    /// <param name="names">Names of the classes; "class 0" and so on where null.</param>
    /// <param name="seed">Seed of the head's weights.</param>
    /// <exception cref="ArgumentException">There is not one name for each class, or the network cannot do without classes.</exception>
    public Model WithHead(int classes, IReadOnlyList<string>? names = null, ulong seed = 0)
    {
        // A registered model is made anew, as its backbone may depend on the classes.
        ModelInfo info = Info with { Options = Info.Options with { Classes = classes } };
        Network network = ModelRegistry.Contains(Info.Name)
            ? info.CreateNetwork()
            : new Network(Network.Backbone, classes == 0 ? null : Network.Backbone.CreateHead(classes));
        return With(network, info, names, seed);
    }

    /// <summary>Replaces the head and keeps the backbone's values. This object is disposed of; the result takes its place.</summary>
    /// <remarks>
    /// A registered name stands for the family's own head: a file of a model with another head is loaded once its network is registered
    /// under a name of its own.
    /// </remarks>
    /// <param name="head">Head that gets fresh weights; null for a model that gives pooled features.</param>
    /// <param name="names">Names of the classes; "class 0" and so on where null.</param>
    /// <param name="seed">Seed of the head's weights.</param>
    /// <exception cref="ArgumentException">There is not one name for each class, or a key of the head is one of the backbone's.</exception>
    /// <exception cref="InvalidOperationException">The head is part of another model.</exception>
    public Model WithHead(Head? head, IReadOnlyList<string>? names = null, ulong seed = 0) =>
        With(new Network(Network.Backbone, head), Info with { Options = Info.Options with { Classes = head?.Classes ?? 0 } }, names, seed);

    /// <summary>
    /// Freezes weights: training graphs that are built from now on give them no gradient, and optimisers leave them as they are. A batch
    /// normalisation whose weight is frozen keeps its running statistics and uses them.
    /// </summary>
    /// <param name="keys">Choice of weights by checkpoint key.</param>
    /// <returns>Number of weights that the choice names.</returns>
    public int Freeze(Func<string, bool> keys) => Parameters.Freeze(keys);

    /// <summary>Freezes all weights but the head's, as <see cref="Freeze"/> does.</summary>
    /// <returns>Number of weights that are frozen.</returns>
    public int FreezeBackbone()
    {
        HashSet<string> head = [.. Network.HeadKeys];
        return Freeze(key => !head.Contains(key));
    }

    /// <summary>
    /// Runs the network on a batch of prepared images. A plan is compiled for each new shape and kept, those of the latest few shapes;
    /// they share their packed weights. Callers on several threads take turns.
    /// </summary>
    /// <param name="images">Images (N, H, W, 3), prepared as <see cref="Preprocessing.Apply"/> does.</param>
    /// <returns>Logits (N, classes), or pooled features (N, channels) without a head.</returns>
    /// <exception cref="ShapeException">The network does not take images of the shape.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public Tensor<float> Run(Tensor<float> images)
    {
        using PlanCache.Lease lease = _plans.Rent(KeyOf(images));
        images.FlattenTo(lease.Plan.Input(InferenceGraph.Images));
        lease.Plan.Run();
        string output = InferenceGraph.OutputOf(Network);
        Shape shape = lease.Plan.Graph.Outputs[output].Shape;
        return Tensor.Create(lease.Plan.Output(output).ToArray(), [.. shape.Select(extent => (nint)extent)]);
    }

    /// <summary>
    /// Makes the next runs use weights that were changed since the last one, such as by training; those of classifiers and feature
    /// extractors on this model, too, which must not run while weights change.
    /// </summary>
    public void Refresh()
    {
        foreach (PlanCache plans in Caches())
        {
            plans.Refresh();
        }
    }

    /// <summary>
    /// Frees all memory, once runs that are under way have ended; the network can become part of another model. Classifiers and feature
    /// extractors on this model end with it.
    /// </summary>
    public void Dispose()
    {
        foreach (PlanCache plans in Caches())
        {
            plans.Dispose();
        }

        Compiler.Dispose();
        Parameters.Dispose();
    }

    /// <summary>Key of the plan for a batch of prepared images.</summary>
    /// <exception cref="ShapeException">There is no image, or the shape is not (N, H, W, 3).</exception>
    internal static PlanKey KeyOf(Tensor<float> images)
    {
        ReadOnlySpan<nint> lengths = images.Lengths;
        return lengths.Length == 4 && lengths[3] == 3 && images.FlattenedLength > 0
            ? new PlanKey((int)lengths[0], (int)lengths[1], (int)lengths[2])
            : throw new ShapeException($"images are (N, H, W, 3), not ({string.Join(", ", lengths.ToArray())})");
    }

    /// <summary>Makes a cache of plans that share the model's packed weights.</summary>
    /// <param name="owner">Name of the class that callers know, for errors.</param>
    /// <param name="build">Builds the graph of a key.</param>
    /// <param name="threads">Threads that all plans take turns on; a share of the processors for each caller where null.</param>
    /// <param name="concurrency">Number of callers that may hold a plan at the same time.</param>
    /// <param name="sameBitsInBatch">True to give an image the same bits in a batch of any size.</param>
    /// <param name="spare">Number of plans that are kept beyond one for each caller; a few where it is fewer.</param>
    internal PlanCache CreatePlans(
        string owner,
        Func<PlanKey, ComputeGraph> build,
        WorkerPool? threads = null,
        int concurrency = 1,
        bool sameBitsInBatch = false,
        int spare = 0)
    {
        PlanCache plans = new(
            owner, (key, own) => Compiler.Compile(() => build(key), own, sameBitsInBatch), threads, concurrency, spare);
        lock (_caches)
        {
            _caches.RemoveAll(other => other.IsClosed);
            _caches.Add(plans);
        }

        return plans;
    }

    private PlanCache[] Caches()
    {
        lock (_caches)
        {
            return [.. _caches];
        }
    }

    private static ModelInfo InfoOf(Network network, string name, ModelOptions? options) => new(
        name,
        (options ?? new ModelOptions()) with { Classes = network.Classes, Height = network.Height, Width = network.Width },
        ModelInfo.Unnamed(network.Classes),
        PublishedPreprocessing.Of(name, network.Height, network.Width, network.Sizes));

    private Model With(Network network, ModelInfo info, IReadOnlyList<string>? names, ulong seed)
    {
        _plans.ThrowIfClosed();
        names ??= ModelInfo.Unnamed(network.Classes);
        if (names.Count != network.Classes)
        {
            throw new ArgumentException($"A head of {network.Classes} classes needs as many names, not {names.Count}.", nameof(names));
        }

        // What does not fit is found before this model is given up.
        if (ParameterStore.TensorsOf(network).Values.Any(tensor => tensor.Owner is ParameterStore owner && owner != Parameters))
        {
            throw new InvalidOperationException("The head is part of another model: make a new one for this model.");
        }

        HashSet<string> head = [.. network.HeadKeys];
        Dictionary<string, Variable> kept = Parameters.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Variable);
        Parameters.Release();
        ParameterStore parameters = new(network);
        foreach ((string name, Parameter tensor) in parameters.Tensors)
        {
            if (!head.Contains(name) && kept.TryGetValue(name, out Variable? values) && values.Shape.Equals(tensor.Shape))
            {
                values.Data.CopyTo(tensor.Variable.Data);
                tensor.Variable.Trainable = values.Trainable;
            }
            else
            {
                parameters.Initialize(name, seed);
            }
        }

        Dispose();
        return new Model(network, parameters, info with { Classes = names });
    }
}
