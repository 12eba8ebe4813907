namespace Fovea.Layers;

/// <summary>
/// A part of a network: it owns parameters and child modules, each under the key that the official checkpoint uses, and builds graph from
/// values.
/// </summary>
public abstract class Module
{
    private readonly List<(string Key, Parameter Parameter)> _parameters = [];
    private readonly List<(string Key, Module Module)> _children = [];
    private string _key = "";

    /// <summary>The module's own parameters, in the order of the checkpoint.</summary>
    public IReadOnlyList<(string Key, Parameter Parameter)> Parameters => _parameters;

    /// <summary>The child modules, in the order of the checkpoint.</summary>
    public IReadOnlyList<(string Key, Module Module)> Children => _children;

    /// <summary>Builds the module's graph on a value. Nodes built meanwhile carry the module's path.</summary>
    /// <exception cref="ShapeException">The value's shape does not fit.</exception>
    public Value Forward(Value x)
    {
        using (Enter(x.Graph))
        {
            return Build(x);
        }
    }

    /// <summary>Builds the module's graph. A module that needs more than one value has methods of its own instead.</summary>
    /// <exception cref="NotSupportedException">The module is not built from one value.</exception>
    protected virtual Value Build(Value x) =>
        throw new NotSupportedException($"{GetType().Name} is not built from one value: call the methods that it has.");

    /// <summary>Makes nodes carry the module's path until the result is disposed.</summary>
    protected IDisposable Enter(ComputeGraph graph) => _key.Length == 0 ? graph.EnterPath(graph.Path) : graph.Enter(_key);

    /// <summary>
    /// Registers a child under its checkpoint key, which may contain dots; with an empty key its parameters stand among the module's own.
    /// </summary>
    protected T Add<T>(string key, T child)
        where T : Module
    {
        child._key = key;
        _children.Add((key, child));
        return child;
    }

    /// <summary>Registers a parameter under its checkpoint key.</summary>
    protected Parameter Add(string key, Parameter parameter)
    {
        _parameters.Add((key, parameter));
        return parameter;
    }
}

/// <summary>Reading parameters in graphs.</summary>
public static class ParameterExtensions
{
    /// <summary>The parameter's value at the beginning of a run.</summary>
    public static Value Read(this ComputeGraph graph, Parameter parameter) => graph.Read(parameter.Variable);

    /// <summary>The parameter's value at the beginning of a run, carried to the shape that another image size asks for.</summary>
    /// <exception cref="ShapeException">The parameter belongs to no image size, or the shape differs in other axes.</exception>
    public static Value Read(this ComputeGraph graph, Parameter parameter, Shape shape) =>
        parameter.Shape.Equals(shape) ? graph.Read(parameter)
        : parameter.Resizing is PositionInterpolation resizing ? resizing.Apply(graph.Read(parameter), shape)
        : throw new ShapeException($"{parameter.Variable.Name} has shape {parameter.Shape} and cannot be resized to {shape}");
}
