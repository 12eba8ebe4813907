namespace Fovea.Layers;

/// <summary>What a tensor of a module is for.</summary>
public enum ParameterKind
{
    /// <summary>Trained.</summary>
    Weight,

    /// <summary>Kept up during training without a gradient, such as a running mean.</summary>
    Statistic,

    /// <summary>A whole number that counts training steps; checkpoints hold it as a 64-bit integer.</summary>
    Counter,
}

/// <summary>A tensor of a module. It gets its name and memory when the module becomes part of a <see cref="ParameterStore"/>.</summary>
/// <param name="shape">Its shape as the engine stores it.</param>
/// <param name="initializer">How a fresh one is filled.</param>
/// <param name="layout">How checkpoints lay it out.</param>
/// <param name="kind">What it is for.</param>
/// <param name="resizing">How it is carried to another image size, where it belongs to one.</param>
public sealed class Parameter(
    Shape shape, Initializer initializer, TensorLayout layout = TensorLayout.Same, ParameterKind kind = ParameterKind.Weight, PositionInterpolation? resizing = null)
{
    private Variable? _variable;

    /// <summary>Its shape as the engine stores it.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Its shape in checkpoints.</summary>
    public Shape CheckpointShape => Layout.CheckpointShape(Shape);

    /// <summary>How checkpoints lay it out.</summary>
    public TensorLayout Layout { get; } = layout;

    /// <summary>What it is for.</summary>
    public ParameterKind Kind { get; } = kind;

    /// <summary>How it is carried to another image size; null where it belongs to none, or cannot be.</summary>
    public PositionInterpolation? Resizing { get; } = resizing;

    /// <summary>How a fresh one is filled.</summary>
    public Initializer Initializer { get; } = initializer;

    /// <summary>The name in checkpoints and the memory.</summary>
    /// <exception cref="InvalidOperationException">The module is not part of a <see cref="ParameterStore"/> yet.</exception>
    public Variable Variable => _variable ?? throw new InvalidOperationException("A module's parameters have no memory before a ParameterStore is made of it.");

    internal Variable Name(string name) => _variable = _variable is null
        ? new Variable(name, Shape, Kind == ParameterKind.Weight)
        : throw new InvalidOperationException($"The parameter {name} is already part of another ParameterStore, as {_variable.Name}.");
}
