using System.Buffers;

namespace Fovea.Detection;

/// <summary>A mask in the image, row by row, in the part of the image that it reaches. The memory is rented: dispose of it.</summary>
internal readonly ref struct PastedMask
{
    private readonly ReadOnlySpan<float> _mask;
    private readonly int _size;
    private readonly PastedAxis _across;
    private readonly PastedAxis _down;
    private readonly float[] _rentedWeights;
    private readonly int[] _rentedCells;

    /// <summary>Finds where a mask comes to lie.</summary>
    /// <param name="options">Form of the pasting.</param>
    /// <param name="mask">The mask, square, row by row.</param>
    /// <param name="box">The box in the image.</param>
    /// <param name="height">Height of the image.</param>
    /// <param name="width">Width of the image.</param>
    public PastedMask(MaskPastingOptions options, ReadOnlySpan<float> mask, ReadOnlySpan<float> box, int height, int width)
    {
        _mask = mask;
        _size = (int)Math.Round(Math.Sqrt(mask.Length));
        _across = new PastedAxis(options.Padding, box[0], box[2], _size, width);
        _down = new PastedAxis(options.Padding, box[1], box[3], _size, height);

        // A row of the mask has an empty cell on either side, and each column of the image its cell and its weight.
        _rentedWeights = ArrayPool<float>.Shared.Rent(_size + 2 + width);
        _rentedCells = ArrayPool<int>.Shared.Rent(width);
        for (int column = Left; column < Right; column++)
        {
            (_rentedCells[column - Left], _rentedWeights[_size + 2 + column - Left]) = _across.Read(column);
        }
    }

    /// <summary>The first row of the image that is reached.</summary>
    public int Top => _down.First;

    /// <summary>The row behind the last that is reached.</summary>
    public int Bottom => _down.End;

    /// <summary>The first column of the image that is reached.</summary>
    public int Left => _across.First;

    /// <summary>The column behind the last that is reached.</summary>
    public int Right => _across.End;

    /// <summary>Writes the values of a row between the reached columns.</summary>
    public void WriteRow(int row, Span<float> values)
    {
        Span<float> cells = _rentedWeights.AsSpan(0, _size + 2);
        (int upper, float part) = _down.Read(row);
        cells.Clear();
        AddRow(upper - 1, 1 - part, cells[1..^1]);
        AddRow(upper, part, cells[1..^1]);
        ReadOnlySpan<int> indices = _rentedCells.AsSpan(0, values.Length);
        ReadOnlySpan<float> parts = _rentedWeights.AsSpan(_size + 2, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            float left = cells[indices[i]];
            values[i] = left + (parts[i] * (cells[indices[i] + 1] - left));
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_rentedWeights);
        ArrayPool<int>.Shared.Return(_rentedCells);
    }

    private void AddRow(int row, float weight, Span<float> cells)
    {
        if (row >= 0 && row < _size)
        {
            ReadOnlySpan<float> source = _mask.Slice(row * _size, _size);
            for (int i = 0; i < source.Length; i++)
            {
                cells[i] += weight * source[i];
            }
        }
    }
}
