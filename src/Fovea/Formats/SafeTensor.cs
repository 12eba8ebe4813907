using System.Runtime.InteropServices;

namespace Fovea.Formats;

/// <summary>Gives the values of a tensor at the moment they are written; called once per write.</summary>
/// <typeparam name="T">The element type.</typeparam>
public delegate ReadOnlySpan<T> TensorSource<T>();

/// <summary>A tensor to be written to a safetensors file. It refers to its values and does not copy them.</summary>
public sealed class SafeTensor
{
    private readonly TensorSource<byte> _bytes;

    private SafeTensor(string name, SafeTensorType elementType, IReadOnlyList<int> shape, TensorSource<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        if (name == SafeTensorsHeader.MetadataName)
        {
            throw new ArgumentException($"A tensor may not be called '{name}': the format keeps this name for itself.", nameof(name));
        }

        Name = name;
        ElementType = elementType;
        Shape = [.. shape];
        ByteCount = elementType.Size();
        foreach (int size in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(size, nameof(shape));
            ByteCount = checked(ByteCount * size);
        }

        _bytes = bytes;
    }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>The type of its elements.</summary>
    public SafeTensorType ElementType { get; }

    /// <summary>The sizes, slowest first; empty for a scalar.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>The bytes that the values take in the file.</summary>
    public long ByteCount { get; }

    /// <summary>A tensor of 32-bit floating point numbers whose values are asked for when it is written.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The sizes, slowest first.</param>
    /// <param name="source">Gives the values, in row-major order.</param>
    public static SafeTensor FromFloats(string name, IReadOnlyList<int> shape, TensorSource<float> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new(name, SafeTensorType.F32, shape, () => MemoryMarshal.AsBytes(source()));
    }

    /// <summary>A tensor of 32-bit floating point numbers.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The sizes, slowest first.</param>
    /// <param name="values">The values, in row-major order.</param>
    public static SafeTensor FromFloats(string name, IReadOnlyList<int> shape, ReadOnlyMemory<float> values) =>
        new(name, SafeTensorType.F32, shape, () => MemoryMarshal.AsBytes(values.Span));

    /// <summary>A tensor of 16-bit floating point numbers whose values are asked for when it is written.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The sizes, slowest first.</param>
    /// <param name="source">Gives the values, in row-major order.</param>
    public static SafeTensor FromHalves(string name, IReadOnlyList<int> shape, TensorSource<Half> source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new(name, SafeTensorType.F16, shape, () => MemoryMarshal.AsBytes(source()));
    }

    /// <summary>A tensor of 64-bit integers.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The sizes, slowest first.</param>
    /// <param name="values">The values, in row-major order.</param>
    public static SafeTensor FromInt64s(string name, IReadOnlyList<int> shape, ReadOnlyMemory<long> values) =>
        new(name, SafeTensorType.I64, shape, () => MemoryMarshal.AsBytes(values.Span));

    /// <summary>A tensor of bytes.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The sizes, slowest first.</param>
    /// <param name="values">The values, in row-major order.</param>
    public static SafeTensor FromBytes(string name, IReadOnlyList<int> shape, ReadOnlyMemory<byte> values) =>
        new(name, SafeTensorType.U8, shape, () => values.Span);

    /// <summary>Writes the values, little endian.</summary>
    /// <exception cref="ArgumentException">The source gives another number of values than the shape says.</exception>
    internal void WriteValues(Stream stream)
    {
        ReadOnlySpan<byte> bytes = _bytes();
        if (bytes.Length != ByteCount)
        {
            throw new ArgumentException(
                $"Tensor '{Name}' of shape [{string.Join(", ", Shape)}] takes {ByteCount} bytes, but its source gave {bytes.Length}.");
        }

        int size = ElementType.Size();
        if (BitConverter.IsLittleEndian || size == 1)
        {
            stream.Write(bytes);
            return;
        }

        Span<byte> element = stackalloc byte[8];
        for (int i = 0; i < bytes.Length; i += size)
        {
            bytes.Slice(i, size).CopyTo(element);
            element[..size].Reverse();
            stream.Write(element[..size]);
        }
    }
}
