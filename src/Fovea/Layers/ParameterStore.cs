using Fovea.Engine;

namespace Fovea.Layers;

/// <summary>
/// Names and memory of all tensors of a module: the state that checkpoints hold. Weights lie in one contiguous block in a fixed order,
/// statistics in another.
/// </summary>
public sealed class ParameterStore : IDisposable
{
    private readonly OrderedDictionary<string, Parameter> _tensors;

    /// <summary>Gives names and zeroed memory to every parameter of the module.</summary>
    public ParameterStore(Module root)
    {
        _tensors = TensorsOf(root);
        foreach ((string name, Parameter tensor) in _tensors)
        {
            tensor.Name(name);
        }

        Weights = new VariableBlock([.. _tensors.Values.Where(tensor => tensor.Kind == ParameterKind.Weight).Select(tensor => tensor.Variable)]);
        Statistics = new VariableBlock([.. _tensors.Values.Where(tensor => tensor.Kind != ParameterKind.Weight).Select(tensor => tensor.Variable)]);
    }

    /// <summary>All tensors by checkpoint key, in the order of the checkpoint.</summary>
    public IReadOnlyDictionary<string, Parameter> Tensors => _tensors;

    /// <summary>The weights, frozen ones included.</summary>
    public VariableBlock Weights { get; }

    /// <summary>Running statistics and counters.</summary>
    public VariableBlock Statistics { get; }

    /// <summary>The weights that are trained: those that are not frozen now, in the order of their block.</summary>
    public IReadOnlyList<Variable> Trained => [.. Weights.Variables.Where(variable => variable.Trainable)];

    /// <summary>The number of values of all weights, frozen ones included.</summary>
    public long ParameterCount => Weights.Variables.Sum(variable => variable.Shape.Elements);

    /// <summary>
    /// The tensors of a module by checkpoint key, in the order of the checkpoint, without memory: enough to look at names and shapes.
    /// </summary>
    public static OrderedDictionary<string, Parameter> TensorsOf(Module root)
    {
        OrderedDictionary<string, Parameter> tensors = [];
        Collect(root, "", tensors);
        return tensors;
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

    /// <summary>Frees the memory.</summary>
    public void Dispose()
    {
        Weights.Dispose();
        Statistics.Dispose();
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
        foreach ((string key, Parameter parameter) in module.Parameters)
        {
            tensors.Add(prefix + key, parameter);
        }

        foreach ((string key, Module child) in module.Children)
        {
            Collect(child, key.Length == 0 ? prefix : $"{prefix}{key}.", tensors);
        }
    }
}
