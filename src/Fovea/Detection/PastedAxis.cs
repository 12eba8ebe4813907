namespace Fovea.Detection;

/// <summary>Places at which the pixels of an image read a mask along one axis: cell = step · (pixel - origin) + shift.</summary>
internal readonly struct PastedAxis
{
    private readonly float _origin;
    private readonly float _step;
    private readonly float _shift;
    private readonly float _lowest;
    private readonly float _highest;
    private readonly int _size;

    /// <summary>Lays a mask into a side of a box.</summary>
    /// <param name="padding">Empty cells on either side, or none (see <see cref="MaskPastingOptions.Padding"/>).</param>
    /// <param name="from">Where the box begins.</param>
    /// <param name="to">Where the box ends.</param>
    /// <param name="size">Cells of the mask.</param>
    /// <param name="length">Pixels of the image.</param>
    public PastedAxis(int? padding, float from, float to, int size, int length)
    {
        _size = size;
        if (padding is int cells)
        {
            float half = (to - from) * 0.5f * (float)((size + (2.0 * cells)) / size);
            float centre = (to + from) * 0.5f;
            int first = (int)(centre - half);
            int last = (int)(centre + half);
            _origin = first - 0.5f;
            _step = (float)(size + (2 * cells)) / Math.Max(last - first + 1, 1);
            _shift = -0.5f - cells;

            // Beyond the outermost cells, empty or not, there are more of the same.
            (_lowest, _highest) = (Math.Max(-cells, -1), Math.Min(size - 1 + cells, size));
            (First, End) = (Math.Clamp(first, 0, length), Math.Clamp(last + 1, 0, length));
        }
        else
        {
            _origin = from - 0.5f;
            _step = size / (to - from);
            _shift = -0.5f;
            (_lowest, _highest) = (-1, size);

            // Beyond half a cell outside the box there is nothing of the mask.
            float reach = (0.5f * (to - from) / size) + 1;
            (First, End) = ((int)Math.Clamp(from - reach, 0, length), (int)Math.Clamp(to + reach, 0, length));
        }

        End = Math.Max(First, End);
    }

    /// <summary>The first pixel that reads the mask.</summary>
    public int First { get; }

    /// <summary>The pixel behind the last that reads the mask.</summary>
    public int End { get; }

    /// <summary>Cell that a pixel reads, counted from an empty one before the mask, and the part that the next cell has.</summary>
    public (int Cell, float Part) Read(int pixel)
    {
        float position = Math.Clamp(((pixel - _origin) * _step) + _shift, _lowest, _highest);
        float cell = Math.Min(MathF.Floor(position), _size - 1);
        return ((int)cell + 1, position - cell);
    }
}
