using Fovea.Engine;

namespace Fovea.Layers;

/// <summary>
/// Names and memory of all tensors of a module: the state that checkpoints hold. Weights lie in one contiguous block in a fixed order,
/// statistics in another. A module is part of one store at a time; once that is disposed of, another can be made.
/// </summary>
public sealed class ParameterStore : IDisposable
{
    private readonly OrderedDictionary<string, Parameter> _tensors;
    private readonly bool _isView;

    /// <summary>
    /// Gives names and zeroed memory to every parameter of the module; the memory is taken when a value is first asked for.
    /// </summary>
    /// <param name="root">The module.</param>
    /// <exception cref="InvalidOperationException">A parameter is part of another store that was not disposed of.</exception>
    /// <exception cref="ArgumentException">Two tensors have the same key.</exception>
    public ParameterStore(Module root)
        : this(TensorsOf(root))
    {
    }

    private ParameterStore(OrderedDictionary<string, Parameter> tensors)
    {
        _tensors = tensors;
        foreach ((string name, Parameter tensor) in tensors)
        {
            if (tensor.Owner is not null)
            {
                string other = tensor.Variable.Name;
                Release();
                throw new InvalidOperationException(
                    $"The parameter {name} is part of a ParameterStore already, as {other}: "
                    + "dispose of that store first, or make another module.");
            }

            tensor.Attach(this, name);
        }

        Weights = new VariableBlock([.. VariablesOf(weights: true)]);
        Statistics = new VariableBlock([.. VariablesOf(weights: false)]);

        IEnumerable<Variable> VariablesOf(bool weights) =>
            tensors.Values.Where(tensor => (tensor.Kind == ParameterKind.Weight) == weights).Select(tensor => tensor.Variable);
    }

    /// <summary>A second look at a store, which frees nothing.</summary>
    private ParameterStore(ParameterStore owner) =>
        (_tensors, Weights, Statistics, _isView) = (owner._tensors, owner.Weights, owner.Statistics, true);

    /// <summary>All tensors by checkpoint key, in the order of the checkpoint.</summary>
    public IReadOnlyDictionary<string, Parameter> Tensors => _tensors;

    /// <summary>Memory of the weights, frozen ones included.</summary>
    public VariableBlock Weights { get; }

    /// <summary>Memory of running statistics and counters.</summary>
    public VariableBlock Statistics { get; }

    /// <summary>The weights that are trained: those that are not frozen now, in the order of their block.</summary>
    public IReadOnlyList<Variable> Trained => [.. Weights.Variables.Where(variable => variable.Trainable)];

    /// <summary>Number of values of all weights, frozen ones included.</summary>
    public long ParameterCount => Weights.Variables.Sum(variable => variable.Shape.Elements);

    /// <summary>
    /// Collects the tensors of a module by checkpoint key, in the order of the checkpoint, without memory: enough to look at names and
    /// shapes.
    /// </summary>
    /// <exception cref="ArgumentException">Two tensors have the same key.</exception>
    public static OrderedDictionary<string, Parameter> TensorsOf(Module root)
    {
        OrderedDictionary<string, Parameter> tensors = [];
        Collect(root, "", tensors);
        return tensors;
    }

    /// <summary>
    /// Describes a module's tensors, so that graphs can be built of it and their costs be told without memory for values. A module that is
    /// part of a store is described by that store and stays as it is; any other is part of none again once the description is disposed of.
    /// </summary>
    /// <param name="root">The module.</param>
    /// <exception cref="InvalidOperationException">
    /// Only a part of the module belongs to a store, or it is a part of a larger module that does.
    /// </exception>
    public static ParameterStore Describe(Module root)
    {
        OrderedDictionary<string, Parameter> tensors = TensorsOf(root);
        return tensors.Values.FirstOrDefault()?.Owner is ParameterStore owner && owner._tensors.Values.SequenceEqual(tensors.Values)
            ? new ParameterStore(owner)
            : new ParameterStore(tensors);
    }

    /// <summary>Fills every tensor afresh. Each draws from random numbers of its own, keyed by seed and name.</summary>
    public void Initialize(ulong seed)
    {
        foreach (string name in _tensors.Keys)
        {
            Initialize(name, seed);
        }
    }

    /// <summary>Fills one tensor afresh, as <see cref="Initialize(ulong)"/> does.</summary>
    /// <param name="name">Its checkpoint key.</param>
    /// <param name="seed">The seed that all tensors share.</param>
    public void Initialize(string name, ulong seed)
    {
        Parameter tensor = _tensors[name];
        float[] values = new float[tensor.Shape.Elements];
        tensor.Initializer.Apply(values, tensor.CheckpointShape, new KeyedRandom(seed, KeyedRandom.KeyOf(name)));
        tensor.Layout.FromCheckpoint(tensor.Shape, values, tensor.Variable.Data);
    }

    /// <summary>
    /// Freezes weights: training graphs that are built from now on give them no gradient, and optimisers leave them as they are. A batch
    /// normalisation whose weight is frozen keeps its running statistics and uses them.
    /// </summary>
    /// <param name="keys">The choice of weights by checkpoint key.</param>
    /// <returns>The number of weights that the choice names.</returns>
    public int Freeze(Func<string, bool> keys) => SetTrainable(keys, false);

    /// <summary>Releases frozen weights, for training graphs that are built from now on.</summary>
    /// <param name="keys">The choice of weights by checkpoint key; all of them where it is not given.</param>
    /// <returns>The number of weights that the choice names.</returns>
    public int Unfreeze(Func<string, bool>? keys = null) => SetTrainable(keys ?? (_ => true), true);

    /// <summary>Frees the memory; the module can become part of another store.</summary>
    public void Dispose()
    {
        if (!_isView)
        {
            Release();
            Weights.Dispose();
            Statistics.Dispose();
        }
    }

    /// <summary>Lets the module go, so that it can become part of another store, and keeps memory and variables.</summary>
    internal void Release()
    {
        foreach (Parameter tensor in _tensors.Values)
        {
            tensor.Detach(this);
        }
    }

    private int SetTrainable(Func<string, bool> keys, bool trainable)
    {
        Variable[] chosen = [.. Weights.Variables.Where(variable => keys(variable.Name))];
        foreach (Variable variable in chosen)
        {
            variable.Trainable = trainable;
        }

        return chosen.Length;
    }

    private static void Collect(Module module, string prefix, OrderedDictionary<string, Parameter> tensors)
    {
        foreach ((string key, Parameter parameter) in module.Parameters.Where(own => !own.Parameter.IsLeftOut))
        {
            if (!tensors.TryAdd(prefix + key, parameter))
            {
                throw new ArgumentException(
                    $"Two tensors of {module.GetType().Name} have the checkpoint key {prefix}{key}: give one of them another.",
                    nameof(module));
            }
        }

        foreach ((string key, Module child) in module.Children)
        {
            Collect(child, key.Length == 0 ? prefix : $"{prefix}{key}.", tensors);
        }
    }
}
