namespace Fovea.Layers;

/// <summary>Role of a tensor of a module.</summary>
public enum ParameterKind
{
    /// <summary>Weight that an optimiser trains.</summary>
    Weight,

    /// <summary>Statistic that training keeps up without a gradient, such as a running mean.</summary>
    Statistic,

    /// <summary>Whole number that counts training steps; checkpoints hold it as a 64-bit integer.</summary>
    Counter,
}

/// <summary>A tensor of a module. It gets its name and memory when the module becomes part of a <see cref="ParameterStore"/>.</summary>
/// <param name="shape">Shape as the engine stores it.</param>
/// <param name="initializer">Initializer of fresh values.</param>
/// <param name="layout">Layout in checkpoints.</param>
/// <param name="kind">Role of the tensor.</param>
/// <param name="resizing">Interpolation to another image size, where the shape belongs to one.</param>
public sealed class Parameter(
    Shape shape,
    Initializer initializer,
    TensorLayout layout = TensorLayout.Same,
    ParameterKind kind = ParameterKind.Weight,
    PositionInterpolation? resizing = null)
{
    private Variable? _variable;

    /// <summary>Shape as the engine stores it.</summary>
    public Shape Shape { get; } = shape;

    /// <summary>Shape in checkpoints.</summary>
    public Shape CheckpointShape => Layout.CheckpointShape(Shape);

    /// <summary>Layout in checkpoints.</summary>
    public TensorLayout Layout { get; } = layout;

    /// <summary>Role of the tensor.</summary>
    public ParameterKind Kind { get; } = kind;

    /// <summary>Interpolation to another image size; null where the shape belongs to none, or cannot be interpolated.</summary>
    public PositionInterpolation? Resizing { get; } = resizing;

    /// <summary>Initializer of fresh values.</summary>
    public Initializer Initializer { get; } = initializer;

    /// <summary>True where the shape follows from the image size, such as a position embedding's.</summary>
    public bool OfImageSize { get; init; } = resizing is not null;

    /// <summary>
    /// Axis of the checkpoint's shape that has an entry for each class; null where none has. <see cref="CheckpointShape"/> is indexed by
    /// it.
    /// </summary>
    public int? ClassAxis { get; set; }

    /// <summary>Entries along <see cref="ClassAxis"/> for each class, such as the four numbers of a box.</summary>
    public int EntriesPerClass { get; set; } = 1;

    /// <summary>Classes along <see cref="ClassAxis"/> that the network does not tell, such as the background of a detector.</summary>
    public int UntoldClasses { get; set; }

    /// <summary>True for a tensor of a single class, of which a network has as many as classes.</summary>
    public bool OfOneClass { get; init; }

    /// <summary>Variable that holds the tensor's name in checkpoints and its memory.</summary>
    /// <exception cref="InvalidOperationException">
    /// The module is not part of a <see cref="ParameterStore"/>, or the store was disposed of.
    /// </exception>
    public Variable Variable => _variable
        ?? throw new InvalidOperationException(
            "A module's parameters have no memory before a ParameterStore is made of it, and none once that is disposed of.");

    /// <summary>True where the network at hand does without the tensor: no store takes it up, and no checkpoint holds it.</summary>
    internal bool IsLeftOut { get; set; }

    /// <summary>Store that the tensor is part of; null where it has none.</summary>
    internal ParameterStore? Owner { get; private set; }

    /// <summary>Marks the tensors of a layer whose outputs are classes, so that the first axis is known to count them.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="entries">Outputs for each class.</param>
    /// <param name="untold">Classes that the network does not tell.</param>
    internal static void CountClasses(Module layer, int entries = 1, int untold = 0)
    {
        foreach (Parameter parameter in ParameterStore.TensorsOf(layer).Values)
        {
            (parameter.ClassAxis, parameter.EntriesPerClass, parameter.UntoldClasses) = (0, entries, untold);
        }
    }

    /// <summary>Makes the tensor part of a store.</summary>
    internal void Attach(ParameterStore owner, string name) =>
        (Owner, _variable) = (owner, new Variable(name, Shape, Kind == ParameterKind.Weight));

    /// <summary>Ends <see cref="Attach"/>, if it was to this store.</summary>
    internal void Detach(ParameterStore owner)
    {
        if (Owner == owner)
        {
            (Owner, _variable) = (null, null);
        }
    }
}
