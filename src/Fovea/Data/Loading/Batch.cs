namespace Fovea.Data;

/// <summary>
/// Several samples as named arrays, (N, …) each. A batch belongs to its loader, which fills it anew after the next one is asked for.
/// </summary>
public sealed class Batch
{
    /// <summary>Name of the array of prepared images, (N, Height, Width, Channels).</summary>
    public const string ImagesName = "images";

    /// <summary>Name of the array of class indices, (N).</summary>
    public const string LabelsName = "labels";

    private readonly OrderedDictionary<string, BatchArray> _arrays = [];

    /// <summary>Makes an empty batch: floating-point numbers are 0, integers −1.</summary>
    /// <param name="size">N.</param>
    /// <param name="fields">The arrays.</param>
    /// <exception cref="ArgumentException">Two arrays have the same name, or the size is below 1.</exception>
    public Batch(int size, IReadOnlyList<BatchField> fields)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentNullException.ThrowIfNull(fields);
        Size = size;
        Indices = new int[size];
        Instances = new IReadOnlyList<Instance>[size];
        foreach (BatchField field in fields)
        {
            _arrays.Add(field.Name, new BatchArray(field, size));
        }

        ClearFrom(0);
    }

    /// <summary>Rows of every array, N.</summary>
    public int Size { get; }

    /// <summary>
    /// Rows that hold samples: N, or fewer in the padded last batch. In the rows after them floating-point numbers are 0 and integers −1.
    /// </summary>
    public int Count { get; set; }

    /// <summary>Number of the epoch, from 0.</summary>
    public int Epoch { get; set; }

    /// <summary>Number of the batch in its epoch, from 0.</summary>
    public int Number { get; set; }

    /// <summary>Index of each row's sample in its source, (N).</summary>
    public int[] Indices { get; }

    /// <summary>Objects of each row's image, (N), where the layout writes any; else empty.</summary>
    public IReadOnlyList<Instance>[] Instances { get; }

    /// <summary>
    /// Upper left part of <c>images</c> that holds all images of the batch, where they differ in size; null where they fill the rows.
    /// </summary>
    public ImageSize? Window { get; set; }

    /// <summary>All arrays.</summary>
    public IReadOnlyCollection<BatchArray> Arrays => _arrays.Values;

    /// <summary>The prepared images, (N, Height, Width, Channels).</summary>
    public float[] Images => this[ImagesName].Floats;

    /// <summary>The class indices, (N).</summary>
    public int[] Labels => this[LabelsName].Integers;

    /// <summary>One array.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">There is no such array; the message names those there are.</exception>
    public BatchArray this[string name] => _arrays.TryGetValue(name, out BatchArray? array)
        ? array
        : throw new ArgumentException($"The batch has no array '{name}'; it has {string.Join(", ", _arrays.Keys)}.", nameof(name));

    /// <summary>True if there is an array of that name.</summary>
    /// <param name="name">The name.</param>
    public bool Contains(string name) => _arrays.ContainsKey(name);

    /// <summary>One array by its place in <see cref="Arrays"/>.</summary>
    /// <param name="index">From 0.</param>
    internal BatchArray ArrayAt(int index) => _arrays.GetAt(index).Value;

    /// <summary>Copies everything to another batch of the same size and fields.</summary>
    /// <param name="other">Batch that takes the copy.</param>
    internal void CopyTo(Batch other)
    {
        (other.Count, other.Epoch, other.Number, other.Window) = (Count, Epoch, Number, Window);
        Indices.CopyTo(other.Indices, 0);
        Instances.CopyTo(other.Instances, 0);
        for (int i = 0; i < _arrays.Count; i++)
        {
            ArrayAt(i).CopyTo(other.ArrayAt(i));
        }
    }

    /// <summary>Empties the rows from a given one on.</summary>
    /// <param name="row">The first row to empty.</param>
    internal void ClearFrom(int row)
    {
        Indices.AsSpan(row).Fill(-1);
        Instances.AsSpan(row).Fill([]);
        for (int i = 0; i < _arrays.Count; i++)
        {
            ArrayAt(i).ClearFrom(row);
        }
    }
}

/// <summary>One array of a batch, (N, …), row after row.</summary>
public sealed class BatchArray
{
    private readonly float[]? _floats;
    private readonly int[]? _integers;

    internal BatchArray(BatchField field, int size)
    {
        Field = field;
        int length = checked(size * field.RowLength);
        if (field.Element == BatchElement.Int32)
        {
            _integers = new int[length];
        }
        else
        {
            _floats = new float[length];
        }
    }

    /// <summary>Name, element type and shape of a row.</summary>
    public BatchField Field { get; }

    /// <summary>All rows of floating-point numbers.</summary>
    /// <exception cref="InvalidOperationException">The array holds integers.</exception>
    public float[] Floats => _floats ?? throw new InvalidOperationException($"The batch's array '{Field.Name}' holds integers.");

    /// <summary>All rows of integers.</summary>
    /// <exception cref="InvalidOperationException">The array holds floating-point numbers.</exception>
    public int[] Integers =>
        _integers ?? throw new InvalidOperationException($"The batch's array '{Field.Name}' holds floating-point numbers.");

    /// <summary>One row of floating-point numbers.</summary>
    /// <param name="row">0 to N − 1.</param>
    public Span<float> FloatRow(int row) => Floats.AsSpan(row * Field.RowLength, Field.RowLength);

    /// <summary>One row of integers.</summary>
    /// <param name="row">0 to N − 1.</param>
    public Span<int> IntegerRow(int row) => Integers.AsSpan(row * Field.RowLength, Field.RowLength);

    internal void CopyTo(BatchArray other)
    {
        _floats?.CopyTo(other.Floats, 0);
        _integers?.CopyTo(other.Integers, 0);
    }

    internal void ClearFrom(int row)
    {
        _floats?.AsSpan(row * Field.RowLength).Clear();
        _integers?.AsSpan(row * Field.RowLength).Fill(-1);
    }
}
