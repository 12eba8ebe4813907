namespace Fovea.Detection;

/// <summary>Places along one axis at which RoIAlign with an adaptive number of samples reads a map, at scale 1.</summary>
internal readonly struct BinSamples
{
    private readonly float _start;
    private readonly float _bin;
    private readonly int _bins;
    private readonly int _length;

    /// <summary>Cuts a side of a region into bins.</summary>
    /// <param name="from">Where the region begins.</param>
    /// <param name="to">Where the region ends.</param>
    /// <param name="bins">Number of bins.</param>
    /// <param name="length">Number of the map's rows or columns.</param>
    /// <param name="aligned">Whether the region is moved by half a pixel; if not, it has at least the length of one.</param>
    public BinSamples(float from, float to, int bins, int length, bool aligned)
    {
        float offset = aligned ? 0.5f : 0;
        _start = from - offset;
        float size = to - offset - _start;
        size = aligned ? size : Math.Max(size, 1);
        _bin = size / bins;
        (_bins, _length) = (bins, length);
        Samples = (int)MathF.Ceiling(size / bins);
    }

    /// <summary>Samples in each bin.</summary>
    public int Samples { get; }

    /// <summary>The first row or column that any bin reads, and the one behind the last.</summary>
    public (int First, int End) Reach
    {
        get
        {
            (int first, int end) = (_length, 0);
            for (int i = 0; i < _bins * Samples; i++)
            {
                float position = Position(i / Samples, i % Samples);
                if (IsInside(position))
                {
                    (int low, int high, _) = Neighbours(position);
                    (first, end) = (Math.Min(first, low), Math.Max(end, high + 1));
                }
            }

            return (Math.Min(first, end), end);
        }
    }

    /// <summary>Writes how much each row or column counts in the sum of a bin's samples.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="weights">A weight for each row or column; only those in the range given back are written.</param>
    /// <returns>The first row or column that counts, and the one behind the last.</returns>
    public (int First, int End) Weigh(int bin, Span<float> weights)
    {
        (int first, int end) = (0, 0);
        for (int i = 0; i < Samples; i++)
        {
            float position = Position(bin, i);
            if (!IsInside(position))
            {
                continue;
            }

            (int low, int high, float part) = Neighbours(position);
            if (end == 0)
            {
                (first, end) = (low, low);
            }

            // Positions ascend, so that the range grows at its end only.
            for (; end <= high; end++)
            {
                weights[end] = 0;
            }

            weights[low] += 1 - part;
            weights[high] += part;
        }

        return (first, end);
    }

    private float Position(int bin, int sample) => _start + (bin * _bin) + ((sample + 0.5f) * _bin / Samples);

    private bool IsInside(float position) => position >= -1 && position <= _length;

    private (int Low, int High, float Part) Neighbours(float position)
    {
        position = Math.Max(position, 0);
        int low = (int)position;
        return low >= _length - 1 ? (_length - 1, _length - 1, 0) : (low, low + 1, position - low);
    }
}
