namespace Fovea.Engine.Kernels;

/// <summary>Sizes and options of RoIAlign.</summary>
/// <param name="Batch">Images of each map.</param>
/// <param name="Channels">Channels of each map.</param>
/// <param name="Regions">Regions of interest.</param>
/// <param name="Height">Rows of bins.</param>
/// <param name="Width">Columns of bins.</param>
/// <param name="SamplingRatio">Samples along each side of a bin; 0 for as many as the bin has pixels, rounded up.</param>
/// <param name="Aligned">True to shift regions by half a pixel.</param>
internal readonly record struct RoiAlignGeometry(
    int Batch, int Channels, int Regions, int Height, int Width, int SamplingRatio, bool Aligned);

/// <summary>The map of one level, N,H,W,C, and its size over that of the image.</summary>
internal unsafe struct RoiLevel
{
    /// <summary>The map, or its gradient.</summary>
    public float* Map;

    /// <summary>Rows of the map.</summary>
    public int Height;

    /// <summary>Columns of the map.</summary>
    public int Width;

    /// <summary>Size of the map over the size of the image.</summary>
    public float Scale;
}

/// <summary>
/// Pixels that the bins of one region read, and their weights: those of a sample are a product of one for its row and one for its
/// column, and so are the sums of weights over the grid of a bin. Positions and roundings are PyTorch's.
/// </summary>
/// <param name="geometry">Sizes and options.</param>
/// <param name="longestSide">Rows or columns of the largest map.</param>
/// <param name="scratch">Room for <see cref="ScratchFloats"/> floats.</param>
internal unsafe struct RoiTaps(in RoiAlignGeometry geometry, int longestSide, float* scratch)
{
    // A side in pixels beyond which a region is a mistake, such as an overflow, and not a part of an image.
    private const float LongestRegion = 1 << 20;
    private readonly RoiAlignGeometry _geometry = geometry;

    /// <summary>Pixels that the rows of bins read.</summary>
    public readonly AxisTaps Rows = new(geometry.Height, scratch, Capacity(geometry.Height, longestSide, geometry.SamplingRatio));

    /// <summary>Pixels that the columns of bins read.</summary>
    public readonly AxisTaps Columns = new(
        geometry.Width,
        scratch + AxisFloats(geometry.Height, longestSide, geometry.SamplingRatio),
        Capacity(geometry.Width, longestSide, geometry.SamplingRatio));

    /// <summary>The image that the region lies in.</summary>
    public int Image { get; private set; }

    /// <summary>The share of one sample in its bin.</summary>
    public float Share { get; private set; }

    /// <summary>Floats of scratch that the taps of one region need.</summary>
    /// <param name="geometry">Sizes and options.</param>
    /// <param name="longestSide">Rows or columns of the largest map.</param>
    public static nint ScratchFloats(in RoiAlignGeometry geometry, int longestSide) =>
        AxisFloats(geometry.Height, longestSide, geometry.SamplingRatio) + AxisFloats(geometry.Width, longestSide, geometry.SamplingRatio);

    /// <summary>Finds the taps of a region; false where it is empty.</summary>
    /// <param name="region">Image index, x1, y1, x2, y2.</param>
    /// <param name="level">The region's level.</param>
    public bool Find(float* region, in RoiLevel level)
    {
        float offset = _geometry.Aligned ? 0.5f : 0;
        float left = (region[1] * level.Scale) - offset;
        float top = (region[2] * level.Scale) - offset;
        float width = (region[3] * level.Scale) - offset - left;
        float height = (region[4] * level.Scale) - offset - top;
        if (!(region[0] >= 0 && region[0] < _geometry.Batch && MathF.Abs(width) < LongestRegion && MathF.Abs(height) < LongestRegion))
        {
            return false;
        }

        if (!_geometry.Aligned)
        {
            width = MathF.Max(width, 1);
            height = MathF.Max(height, 1);
        }

        Image = (int)region[0];
        int rowSamples = Rows.Sample(top, height, level.Height, _geometry.SamplingRatio);
        int columnSamples = Columns.Sample(left, width, level.Width, _geometry.SamplingRatio);
        Share = 1f / Math.Max((float)rowSamples * columnSamples, 1);
        return rowSamples > 0 && columnSamples > 0;
    }

    // Bins of adaptive sampling follow each other without gaps, so neighbours share two positions at most.
    private static int Capacity(int bins, int length, int samplingRatio) =>
        samplingRatio > 0 ? 2 * samplingRatio * bins : length + (2 * bins);

    private static nint AxisFloats(int bins, int length, int samplingRatio) => bins + 1 + (2 * Capacity(bins, length, samplingRatio));

    /// <summary>For each bin along one axis, the positions of the map that it reads and their weights.</summary>
    /// <param name="bins">Number of bins.</param>
    /// <param name="scratch">Room for starts, positions and weights.</param>
    /// <param name="capacity">The most taps of all bins together.</param>
    internal readonly struct AxisTaps(int bins, float* scratch, int capacity)
    {
        /// <summary>The taps of bin i are those numbered from Starts[i] to Starts[i + 1] − 1.</summary>
        public readonly int* Starts = (int*)scratch;

        /// <summary>The position of each tap.</summary>
        public readonly int* Positions = (int*)scratch + bins + 1;

        /// <summary>The weight of each tap, summed over the samples of its bin.</summary>
        public readonly float* Weights = scratch + bins + 1 + capacity;

        private readonly int _bins = bins;

        /// <summary>Lists the taps of a stretch of the axis, and gives the number of samples of each bin, 0 or less for none.</summary>
        public int Sample(float start, float size, int length, int samplingRatio)
        {
            float step = size / _bins;
            int samples = samplingRatio > 0 ? samplingRatio : (int)MathF.Ceiling(size / _bins);
            int count = 0;
            for (int bin = 0; bin < _bins; bin++)
            {
                int first = Starts[bin] = count;
                for (int sample = 0; sample < samples; sample++)
                {
                    float position = start + (bin * step) + ((sample + 0.5f) * step / samples);
                    if (!(position >= -1 && position <= length))
                    {
                        continue;
                    }

                    position = MathF.Max(position, 0);
                    int below = (int)position;
                    if (below >= length - 1)
                    {
                        Add(length - 1, 1, first, ref count);
                    }
                    else
                    {
                        float above = position - below;
                        Add(below, 1 - above, first, ref count);
                        Add(below + 1, above, first, ref count);
                    }
                }
            }

            Starts[_bins] = count;
            return samples;
        }

        // Samples of a bin go along the axis, so that a position that they share is one of the last two.
        private void Add(int position, float weight, int first, ref int count)
        {
            for (int tap = count - 1; tap >= Math.Max(first, count - 2); tap--)
            {
                if (Positions[tap] == position)
                {
                    Weights[tap] += weight;
                    return;
                }
            }

            Positions[count] = position;
            Weights[count++] = weight;
        }
    }
}
