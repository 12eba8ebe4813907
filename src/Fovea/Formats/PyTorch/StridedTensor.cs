namespace Fovea.Formats.PyTorch;

/// <summary>A tensor of a file, checked: every element that it reaches lies in its storage.</summary>
/// <param name="Info">Name, element type and shape.</param>
/// <param name="Start">The first element, in bytes from the start of the file.</param>
/// <param name="Strides">For each size, the distance of neighbours, in elements.</param>
internal sealed record StridedTensor(TensorInfo Info, long Start, long[] Strides)
{
    private const int MaxDimensions = 32;

    // A tensor may show one element many times (expand); no more often than memory bears.
    private const long MaxRepeated = 1 << 20;

    /// <summary>Checks what a pickle says of a tensor.</summary>
    /// <exception cref="InvalidFileException">Sizes or strides are impossible, or reach beyond the storage.</exception>
    public static StridedTensor Check(string name, PickleTensor tensor, ParseBudget guard)
    {
        long[] shape = tensor.Shape;
        long[] strides = tensor.Strides;
        if (shape.Length > MaxDimensions || shape.Length != strides.Length)
        {
            throw Impossible($"has {shape.Length} sizes and {strides.Length} strides; at most {MaxDimensions} of each are read");
        }

        if (Array.Exists(shape, size => size is < 0 or > int.MaxValue) || Array.Exists(strides, stride => stride < 0) || tensor.Offset < 0)
        {
            throw Impossible($"has an impossible size, stride or offset: {View()}");
        }

        // Bounded at each step, so that nothing can run over.
        UInt128 count = 1;
        UInt128 last = (UInt128)tensor.Offset;
        for (int i = 0; i < shape.Length; i++)
        {
            count = UInt128.Min(count * (UInt128)shape[i], ulong.MaxValue);
            last += shape[i] == 0 ? 0 : (UInt128)(shape[i] - 1) * (UInt128)strides[i];
        }

        int elementSize = tensor.ElementType.Size();
        long available = tensor.Storage.Count * tensor.Storage.ElementType.Size() / elementSize;
        if (count > 0 && last >= (UInt128)available)
        {
            throw Impossible(
                $"reaches element {last} of storage {ExceptionText.Quote(tensor.Storage.Key)}, which has {available}: {View()}");
        }

        if (count > (UInt128)Math.Max(available, MaxRepeated))
        {
            throw Impossible($"shows {available} stored elements {count} times: {View()}");
        }

        TensorInfo info = new(name, tensor.ElementType, Array.ConvertAll(shape, size => (int)size));
        return new StridedTensor(info, tensor.Storage.Start + (count == 0 ? 0 : tensor.Offset * elementSize), strides);

        InvalidFileException Impossible(string problem) => guard.Damaged($"tensor {ExceptionText.Quote(name)} {problem}");

        string View() => $"sizes [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}], offset {tensor.Offset}";
    }

    /// <summary>Copies the elements in row-major order, converting them.</summary>
    /// <param name="file">The file.</param>
    /// <param name="destination">As long as the tensor has elements.</param>
    /// <param name="convert">Converts elements that lie one after another.</param>
    public void Read<T>(MappedFile file, Span<T> destination, ElementConversion<T> convert)
    {
        int size = Info.ElementType.Size();
        if (!IsContiguous())
        {
            Gather(file, destination, convert);
            return;
        }

        // A span reaches no further than 2 GiB.
        const int Block = 1 << 26;
        for (long start = Start; !destination.IsEmpty; start += (long)Block * size)
        {
            int count = Math.Min(Block, destination.Length);
            convert(file.Slice(start, count * size), Info.ElementType, destination[..count]);
            destination = destination[count..];
        }
    }

    private bool IsContiguous()
    {
        long expected = 1;
        for (int i = Strides.Length - 1; i >= 0; i--)
        {
            if (Info.Shape[i] != 1 && Strides[i] != expected)
            {
                return false;
            }

            expected *= Info.Shape[i];
        }

        return true;
    }

    private void Gather<T>(MappedFile file, Span<T> destination, ElementConversion<T> convert)
    {
        const int Block = 512;
        int size = Info.ElementType.Size();
        Span<byte> block = stackalloc byte[Block * sizeof(long)];
        Span<int> index = stackalloc int[Strides.Length];
        index.Clear();
        long element = 0;
        while (!destination.IsEmpty)
        {
            int count = Math.Min(Block, destination.Length);
            for (int i = 0; i < count; i++)
            {
                file.Slice(Start + (element * size), size).CopyTo(block[(i * size)..]);
                element += Advance(index);
            }

            convert(block[..(count * size)], Info.ElementType, destination[..count]);
            destination = destination[count..];
        }
    }

    /// <summary>Counts the index up by one in row-major order; gives the way to the element there.</summary>
    private long Advance(Span<int> index)
    {
        long way = 0;
        for (int i = index.Length - 1; i >= 0; i--)
        {
            if (++index[i] < Info.Shape[i])
            {
                return way + Strides[i];
            }

            way -= (index[i] - 1) * Strides[i];
            index[i] = 0;
        }

        return way;
    }
}

/// <summary>Converts elements that lie one after another in a file.</summary>
/// <param name="bytes">The elements as they are stored.</param>
/// <param name="type">Their type.</param>
/// <param name="destination">One number for each.</param>
internal delegate void ElementConversion<T>(ReadOnlySpan<byte> bytes, SafeTensorType type, Span<T> destination);
