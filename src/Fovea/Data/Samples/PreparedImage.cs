using System.Buffers;

namespace Fovea.Data;

/// <summary>
/// An image of any size prepared for a dense task: resized, normalised, padded with zeros right and below. Its memory is rented until this
/// is disposed of.
/// </summary>
internal sealed class PreparedImage : IDisposable
{
    private readonly float[] _memory;
    private readonly int _channels;

    /// <summary>Prepares an image.</summary>
    /// <param name="preprocessing">Preprocessing with sides that are bounded.</param>
    /// <param name="image">The image.</param>
    /// <param name="scale">Factor of the size that the preprocessing gives.</param>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public PreparedImage(Preprocessing preprocessing, Image image, double scale = 1)
    {
        Preprocessing = preprocessing = preprocessing.WithSides(scale);
        PixelBuffer pixels = preprocessing.Oriented(image);
        _channels = preprocessing.Channels;
        (OriginalWidth, OriginalHeight) = (pixels.Width, pixels.Height);
        (Width, Height) = preprocessing.Resize == ResizeRule.None
            ? (Scaled(OriginalWidth), Scaled(OriginalHeight))
            : preprocessing.FittedSize(OriginalWidth, OriginalHeight);
        (PaddedHeight, PaddedWidth) = (preprocessing.PaddedSide(Height), preprocessing.PaddedSide(Width));
        _memory = ArrayPool<float>.Shared.Rent(checked(PaddedHeight * PaddedWidth * _channels));
        if (preprocessing.Aliased)
        {
            float[] original = ArrayPool<float>.Shared.Rent(OriginalHeight * OriginalWidth * _channels);
            preprocessing.Normalize(pixels, original);
            ResizeByNeighbours(original);
            ArrayPool<float>.Shared.Return(original);
        }
        else
        {
            pixels = pixels.ReplaceBy(pixels.Resize(Width, Height, preprocessing.Interpolation));
            preprocessing.Normalize(pixels, _memory);
        }

        pixels.Dispose();
        Pad();

        int Scaled(int side) => Math.Max(1, (int)Math.Round(side * scale));
    }

    /// <summary>Preprocessing that the image went through, at its scale.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>Prepared values (padded rows, padded columns, channels).</summary>
    public ReadOnlySpan<float> Values => _memory.AsSpan(0, PaddedHeight * PaddedWidth * _channels);

    /// <summary>Rows of the image as it was.</summary>
    public int OriginalHeight { get; }

    /// <summary>Columns of the image as it was.</summary>
    public int OriginalWidth { get; }

    /// <summary>Rows without padding.</summary>
    public int Height { get; }

    /// <summary>Columns without padding.</summary>
    public int Width { get; }

    /// <summary>Rows with padding.</summary>
    public int PaddedHeight { get; }

    /// <summary>Columns with padding.</summary>
    public int PaddedWidth { get; }

    /// <summary>Mirrors the image, left and right; its padding stays.</summary>
    public void Mirror()
    {
        for (int y = 0; y < Height; y++)
        {
            Span<float> row = _memory.AsSpan(y * PaddedWidth * _channels, Width * _channels);
            for (int i = 0; i < Width / 2 * _channels; i++)
            {
                int opposite = ((Width - 1 - (i / _channels)) * _channels) + (i % _channels);
                (row[i], row[opposite]) = (row[opposite], row[i]);
            }
        }
    }

    /// <summary>Copies a part of the image into the upper left corner of an array, with zeros right of it and below.</summary>
    /// <param name="destination">The array (padded rows, padded columns, channels).</param>
    /// <param name="top">First row of the part.</param>
    /// <param name="left">First column of the part.</param>
    /// <param name="height">Rows of the part.</param>
    /// <param name="width">Columns of the part.</param>
    /// <param name="paddedWidth">Columns of the array.</param>
    public void CopyTo(Span<float> destination, int top, int left, int height, int width, int paddedWidth)
    {
        destination.Clear();
        for (int y = 0; y < height; y++)
        {
            _memory.AsSpan((((top + y) * PaddedWidth) + left) * _channels, width * _channels)
                .CopyTo(destination[(y * paddedWidth * _channels)..]);
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => ArrayPool<float>.Shared.Return(_memory);

    /// <summary>Bilinear interpolation between the four nearest pixels, as torchvision's detectors do it (align_corners false).</summary>
    private void ResizeByNeighbours(ReadOnlySpan<float> original)
    {
        int line = OriginalWidth * _channels;
        for (int y = 0; y < Height; y++)
        {
            (int top, int bottom, float down) = Neighbours(y, OriginalHeight, Height);
            for (int x = 0; x < Width; x++)
            {
                (int left, int right, float across) = Neighbours(x, OriginalWidth, Width);
                for (int channel = 0; channel < _channels; channel++)
                {
                    (int first, int second) = ((left * _channels) + channel, (right * _channels) + channel);
                    float upper = Mix(original[(top * line) + first], original[(top * line) + second], across);
                    float lower = Mix(original[(bottom * line) + first], original[(bottom * line) + second], across);
                    _memory[(((y * Width) + x) * _channels) + channel] = Mix(upper, lower, down);
                }
            }
        }

        static float Mix(float first, float second, float part) => ((1 - part) * first) + (part * second);

        static (int First, int Second, float Part) Neighbours(int place, int before, int after)
        {
            float source = Math.Max((((float)before / after) * (place + 0.5f)) - 0.5f, 0);
            int first = Math.Min((int)source, before - 1);
            return (first, Math.Min(first + 1, before - 1), source - first);
        }
    }

    /// <summary>Moves the rows apart, the last first, and clears what lies between and below.</summary>
    private void Pad()
    {
        (int row, int padded) = (Width * _channels, PaddedWidth * _channels);
        for (int y = Height - 1; y >= 0; y--)
        {
            _memory.AsSpan(y * row, row).CopyTo(_memory.AsSpan(y * padded));
            _memory.AsSpan((y * padded) + row, padded - row).Clear();
        }

        _memory.AsSpan(Height * padded, (PaddedHeight - Height) * padded).Clear();
    }
}
