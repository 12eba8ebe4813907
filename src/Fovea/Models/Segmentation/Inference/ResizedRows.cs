using System.Numerics.Tensors;

namespace Fovea.Models;

/// <summary>Rows of a map that is resized by linear interpolation along both axes, as <see cref="Resize"/> does in a graph.</summary>
internal sealed class ResizedRows : LogitRows
{
    private readonly LogitRows _source;
    private readonly LinearAxis _rows;
    private readonly LinearAxis _columns;
    private readonly float[] _result;

    // The two rows of the source that were read last, at the width of the result.
    private float[] _upper;
    private float[] _lower;
    private int _upperRow = -1;
    private int _lowerRow = -1;

    private ResizedRows(LogitRows source, LinearAxis rows, LinearAxis columns, int height, int width)
        : base(height, width, source.Classes)
    {
        (_source, _rows, _columns) = (source, rows, columns);
        int length = width * source.Classes;
        (_result, _upper, _lower) = (new float[length], new float[length], new float[length]);
    }

    /// <summary>Resizes a map; one of the size is left as it is.</summary>
    /// <param name="source">The map.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="alignCorners">True if the centres of the corners meet.</param>
    /// <param name="window">Rows and columns of the result's upper left part that is kept; all of it where null.</param>
    public static LogitRows Of(
        LogitRows source, int height, int width, bool alignCorners, (int Height, int Width)? window = null)
    {
        (int keptHeight, int keptWidth) = window ?? (height, width);
        return (source.Height, source.Width) == (height, width) && (keptHeight, keptWidth) == (height, width)
            ? source
            : new ResizedRows(
                source,
                new LinearAxis(source.Height, height, alignCorners),
                new LinearAxis(source.Width, width, alignCorners),
                keptHeight,
                keptWidth);
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Row(int row)
    {
        (int first, int second, float part) = _rows.Read(row);
        if (_lowerRow == first)
        {
            (_upper, _lower, _upperRow, _lowerRow) = (_lower, _upper, _lowerRow, _upperRow);
        }

        Load(_upper, ref _upperRow, first);
        if (part == 0)
        {
            return _upper;
        }

        Load(_lower, ref _lowerRow, second);
        Mix(_upper, _lower, part, _result);
        return _result;
    }

    private static void Mix(ReadOnlySpan<float> first, ReadOnlySpan<float> second, float part, Span<float> result)
    {
        TensorPrimitives.Multiply(first, 1 - part, result);
        TensorPrimitives.MultiplyAdd(second, part, result, result);
    }

    private void Load(float[] line, ref int loaded, int row)
    {
        if (loaded == row)
        {
            return;
        }

        loaded = row;
        ReadOnlySpan<float> source = _source.Row(row);
        for (int x = 0; x < Width; x++)
        {
            (int left, int right, float part) = _columns.Read(x);
            Mix(
                source.Slice(left * Classes, Classes),
                source.Slice(right * Classes, Classes),
                part,
                line.AsSpan(x * Classes, Classes));
        }
    }
}

/// <summary>Places that linear interpolation reads along one axis.</summary>
/// <param name="before">Positions that are read.</param>
/// <param name="after">Positions of the result.</param>
/// <param name="alignCorners">True if the centres of the outermost positions meet.</param>
internal readonly struct LinearAxis(int before, int after, bool alignCorners)
{
    /// <summary>The two positions that one of the result lies between, and the weight of the second.</summary>
    public (int First, int Second, float Part) Read(int position)
    {
        double source = before == after ? position
            : alignCorners ? position * (before - 1.0) / Math.Max(after - 1, 1)
            : Math.Max(((position + 0.5) * before / after) - 0.5, 0);
        int first = Math.Min((int)source, before - 1);
        return first == before - 1 ? (first, first, 0) : (first, first + 1, (float)(source - first));
    }
}
