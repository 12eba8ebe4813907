namespace Fovea.Data;

/// <summary>Type of the elements of a batch's array.</summary>
public enum BatchElement
{
    /// <summary>Floating-point numbers of 32 bits.</summary>
    Float32,

    /// <summary>Integers of 32 bits.</summary>
    Int32,
}

/// <summary>Name, element type and shape of one array of a batch.</summary>
public sealed record BatchField
{
    /// <summary>Declares an array.</summary>
    /// <param name="name">Name, under which a network's input or an objective finds it.</param>
    /// <param name="element">Type of the elements.</param>
    /// <param name="shape">Extents of one row, without the batch axis N; none for one element a row.</param>
    /// <exception cref="ArgumentException">The name is empty, or an extent is below 1.</exception>
    public BatchField(string name, BatchElement element, params IReadOnlyList<int> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        foreach (int extent in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(extent, nameof(shape));
        }

        (Name, Element, Shape) = (name, element, [.. shape]);
        RowLength = shape.Aggregate(1, (length, extent) => checked(length * extent));
    }

    /// <summary>Name, under which a network's input or an objective finds it.</summary>
    public string Name { get; }

    /// <summary>Type of the elements.</summary>
    public BatchElement Element { get; }

    /// <summary>Extents of one row, without the batch axis N.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Elements of one row: the product of <see cref="Shape"/>.</summary>
    public int RowLength { get; }
}
