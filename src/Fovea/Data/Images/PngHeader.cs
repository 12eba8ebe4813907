using System.Buffers.Binary;

namespace Fovea.Data;

/// <summary>A PNG image's IHDR chunk.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Depth">Bits a sample: 1, 2, 4, 8 or 16.</param>
/// <param name="ColourType">0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.</param>
/// <param name="Interlaced">True if the rows come in Adam7's seven passes.</param>
internal readonly record struct PngHeader(int Width, int Height, int Depth, int ColourType, bool Interlaced)
{
    /// <summary>The length of the IHDR chunk's data.</summary>
    public const int Length = 13;

    private static readonly PngPass[] _adam7 =
    [
        new(0, 0, 8, 8), new(4, 0, 8, 8), new(0, 4, 4, 8), new(2, 0, 4, 4), new(0, 2, 2, 4), new(1, 0, 2, 2), new(0, 1, 1, 2),
    ];

    private static readonly PngPass[] _whole = [new(0, 0, 1, 1)];

    /// <summary>Samples a pixel as stored: 1 (grey, palette) to 4 (RGB with alpha).</summary>
    public int Samples => ColourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };

    /// <summary>Channels of the decoded image: 1 for the grey types, otherwise 3.</summary>
    public int Channels => ColourType is 0 or 4 ? 1 : 3;

    /// <summary>Whole bytes a pixel, at least 1: the distance that row filters look back.</summary>
    public int PixelBytes => Math.Max(1, Samples * Depth / 8);

    /// <summary>The passes that the rows come in: one, or Adam7's seven.</summary>
    public ReadOnlySpan<PngPass> Passes => Interlaced ? _adam7 : _whole;

    /// <summary>The bytes of all filtered rows of all passes: what the compressed data must inflate to.</summary>
    public long InflatedLength
    {
        get
        {
            long length = 0;
            foreach (PngPass pass in Passes)
            {
                int width = pass.WidthIn(Width);
                length += width == 0 ? 0 : (1L + RowBytes(width)) * pass.HeightIn(Height);
            }

            return length;
        }
    }

    /// <summary>The bytes of a row of the given width, without the filter's byte.</summary>
    /// <param name="width">Pixels in the row.</param>
    public int RowBytes(int width) => (int)((((long)width * Samples * Depth) + 7) / 8);

    /// <summary>Reads and checks the chunk's data.</summary>
    /// <param name="data">The chunk's data.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <exception cref="InvalidImageException">The size is out of bounds or the combination of fields is not one that PNG has.</exception>
    public static PngHeader Parse(ReadOnlySpan<byte> data, string name)
    {
        if (data.Length != Length)
        {
            throw new InvalidImageException(name, $"the PNG header has {data.Length} bytes instead of {Length}; the file is damaged.");
        }

        uint width = BinaryPrimitives.ReadUInt32BigEndian(data);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        Image.CheckSize(name, width, height);
        int depth = data[8];
        int colourType = data[9];
        bool known = colourType switch
        {
            0 => depth is 1 or 2 or 4 or 8 or 16,
            3 => depth is 1 or 2 or 4 or 8,
            2 or 4 or 6 => depth is 8 or 16,
            _ => false,
        };
        if (!known || data[10] != 0 || data[11] != 0 || data[12] > 1)
        {
            throw new InvalidImageException(
                name,
                $"the PNG header announces colour type {colourType} with {depth} bits, compression {data[10]}, "
                + $"filter {data[11]} and interlace {data[12]}, which PNG does not have; the file is damaged.");
        }

        return new PngHeader((int)width, (int)height, depth, colourType, data[12] == 1);
    }
}

/// <summary>One pass over a PNG image: it holds the pixels (Left + i·StepX, Top + j·StepY).</summary>
/// <param name="Left">The first column.</param>
/// <param name="Top">The first row.</param>
/// <param name="StepX">The distance between columns.</param>
/// <param name="StepY">The distance between rows.</param>
internal readonly record struct PngPass(int Left, int Top, int StepX, int StepY)
{
    /// <summary>Number of columns of the pass in an image of a width.</summary>
    /// <param name="width">The image's width.</param>
    public int WidthIn(int width) => (width - Left + StepX - 1) / StepX;

    /// <summary>Number of rows of the pass in an image of a height.</summary>
    /// <param name="height">The image's height.</param>
    public int HeightIn(int height) => (height - Top + StepY - 1) / StepY;
}
