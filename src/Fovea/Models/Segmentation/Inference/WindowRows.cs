using System.Numerics.Tensors;

namespace Fovea.Models;

/// <summary>
/// Rows of the logits of windows that slide over an image; where windows overlap, the mean. The windows of a row are computed when the
/// first of their rows is asked for, and their sums are held for as many rows as a window has.
/// </summary>
internal sealed class WindowRows : LogitRows
{
    private readonly SlidingAxis _rows;
    private readonly SlidingAxis _columns;
    private readonly Func<int, int, LogitRows> _window;
    private readonly float[] _sums;
    private int _computed;

    /// <summary>Lays windows over an image.</summary>
    /// <param name="rows">Windows along the rows.</param>
    /// <param name="columns">Windows along the columns.</param>
    /// <param name="classes">Logits of a pixel.</param>
    /// <param name="window">Computes the logits of the window whose upper left pixel is in a given row and column.</param>
    public WindowRows(SlidingAxis rows, SlidingAxis columns, int classes, Func<int, int, LogitRows> window)
        : base(rows.Length, columns.Length, classes)
    {
        (_rows, _columns, _window) = (rows, columns, window);
        _sums = new float[checked(rows.Window * Width * classes)];
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<float> Row(int row)
    {
        while (_computed < _rows.Starts.Count && _rows.Starts[_computed] <= row)
        {
            Compute(_computed++);
        }

        Span<float> sums = Sums(row);
        int covering = _rows.Covering(row);
        for (int x = 0; x < Width; x++)
        {
            Span<float> pixel = sums.Slice(x * Classes, Classes);
            TensorPrimitives.Divide(pixel, covering * _columns.Covering(x), pixel);
        }

        return sums;
    }

    private Span<float> Sums(int row) => _sums.AsSpan(row % _rows.Window * Width * Classes, Width * Classes);

    private void Compute(int index)
    {
        int top = _rows.Starts[index];
        int held = index == 0 ? 0 : _rows.Starts[index - 1] + _rows.Window;
        for (int y = Math.Max(top, held); y < top + _rows.Window; y++)
        {
            Sums(y).Clear();
        }

        foreach (int left in _columns.Starts)
        {
            LogitRows window = _window(top, left);
            for (int y = 0; y < window.Height; y++)
            {
                Span<float> sums = Sums(top + y).Slice(left * Classes, window.Width * Classes);
                TensorPrimitives.Add(sums, window.Row(y), sums);
            }
        }
    }
}

/// <summary>Windows along one axis of an image: the last one is moved back so that it ends with the image.</summary>
internal sealed class SlidingAxis
{
    private readonly int[] _covering;

    /// <summary>Lays windows along an axis.</summary>
    /// <param name="length">Pixels of the image.</param>
    /// <param name="window">Pixels of a window; those of the image where it has fewer.</param>
    /// <param name="stride">Pixels between neighbouring windows.</param>
    public SlidingAxis(int length, int window, int stride)
    {
        (Length, Window) = (length, Math.Min(window, length));
        int count = (Math.Max(length - window + stride - 1, 0) / stride) + 1;
        Starts = [.. Enumerable.Range(0, count).Select(i => Math.Min(i * stride, length - Window))];
        _covering = new int[length];
        foreach (int start in Starts)
        {
            for (int i = 0; i < Window; i++)
            {
                _covering[start + i]++;
            }
        }
    }

    /// <summary>Pixels of the image.</summary>
    public int Length { get; }

    /// <summary>Pixels of a window.</summary>
    public int Window { get; }

    /// <summary>First pixel of each window.</summary>
    public IReadOnlyList<int> Starts { get; }

    /// <summary>Number of windows that a pixel is in.</summary>
    public int Covering(int pixel) => _covering[pixel];
}
