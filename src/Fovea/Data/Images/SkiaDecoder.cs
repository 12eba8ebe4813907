using System.Buffers;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace Fovea.Data;

/// <summary>
/// Decodes images by SkiaSharp, as they are stored: without colour profile, orientation or transparency. Grey ones give 1 channel, all
/// others 3.
/// </summary>
internal static unsafe class SkiaDecoder
{
    private const int PooledBytes = 1 << 24;
    private const int StripRows = 32;
    private const int AlphaByte = 3;

    /// <summary>Decodes an image whose size was found fit, or finds it so.</summary>
    /// <param name="bytes">The whole file, or what is to be decoded of it.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <param name="kind">Its kind, as its first bytes tell.</param>
    /// <param name="eighths">Eighths of its size that a JPEG image is decoded at, 1 to 8.</param>
    /// <param name="uncovered">Colour of pixels that the file leaves open: red in the lowest byte, then green, then blue.</param>
    /// <exception cref="InvalidImageException">The file is cut off, damaged, or too large.</exception>
    public static Image Decode(ReadOnlySpan<byte> bytes, string name, ImageKind kind, int eighths = 8, uint uncovered = 0)
    {
        fixed (byte* encoded = bytes)
        {
            using SKData data = SKData.Create((nint)encoded, bytes.Length);
            using SKCodec codec = SKCodec.Create(data) ?? throw Damaged(name, kind, "its header makes no sense");
            Image.CheckSize(name, codec.Info.Width, codec.Info.Height, bytes.Length);
            bool grey = codec.Info.ColorType == SKColorType.Gray8;
            SKImageInfo info = new(
                ImageSize.Scale(codec.Info.Width, eighths),
                ImageSize.Scale(codec.Info.Height, eighths),
                grey ? SKColorType.Gray8 : SKColorType.Rgba8888,
                grey ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
            byte[] pixels = GC.AllocateUninitializedArray<byte>(info.Width * info.Height * (grey ? 1 : 3));
            fixed (byte* destination = pixels)
            {
                SKCodecResult result = kind == ImageKind.Jpeg
                    ? ReadLines(codec, info, destination)
                    : ReadAll(codec, info, destination, uncovered);
                return result == SKCodecResult.Success
                    ? new Image(info.Width, info.Height, grey ? 1 : 3, pixels)
                    : throw Damaged(
                        name, kind, result == SKCodecResult.IncompleteInput ? "pixels are missing" : "its pixels make no sense");
            }
        }
    }

    /// <summary>Decodes two channels of an image: red, and alpha, which is not multiplied into it.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <param name="join">Makes one value of red and alpha.</param>
    /// <exception cref="InvalidImageException">The file is cut off or damaged.</exception>
    public static Image DecodeWithAlpha(ReadOnlySpan<byte> bytes, string name, Func<byte, byte, byte> join)
    {
        fixed (byte* encoded = bytes)
        {
            using SKData data = SKData.Create((nint)encoded, bytes.Length);
            using SKCodec codec = SKCodec.Create(data) ?? throw Damaged(name, ImageKind.Png, "its header makes no sense");
            SKImageInfo info = new(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            byte[] wide = GC.AllocateUninitializedArray<byte>(info.BytesSize);
            fixed (byte* destination = wide)
            {
                if (Read(codec, info, (nint)destination) != SKCodecResult.Success)
                {
                    throw Damaged(name, ImageKind.Png, "pixels are missing");
                }
            }

            byte[] pixels = GC.AllocateUninitializedArray<byte>(wide.Length / 4);
            for (int i = 0; i < pixels.Length; i++)
            {
                pixels[i] = join(wide[i * 4], wide[(i * 4) + AlphaByte]);
            }

            return new Image(info.Width, info.Height, 1, pixels);
        }
    }

    /// <summary>Decodes some rows at a time, so that they are narrowed while they lie in the cache.</summary>
    private static SKCodecResult ReadLines(SKCodec codec, SKImageInfo info, byte* destination)
    {
        SKCodecResult started = codec.StartScanlineDecode(info);
        if (started != SKCodecResult.Success)
        {
            return started;
        }

        if (info.ColorType == SKColorType.Gray8)
        {
            return codec.GetScanlines((nint)destination, info.Height, info.RowBytes) == info.Height
                ? SKCodecResult.Success
                : SKCodecResult.IncompleteInput;
        }

        byte[] strip = ArrayPool<byte>.Shared.Rent(info.RowBytes * StripRows);
        fixed (byte* lines = strip)
        {
            for (int y = 0; y < info.Height; y += StripRows)
            {
                int count = Math.Min(StripRows, info.Height - y);
                if (codec.GetScanlines((nint)lines, count, info.RowBytes) != count)
                {
                    return SKCodecResult.IncompleteInput;
                }

                PixelWidths.DropAlpha(strip.AsSpan(0, count * info.RowBytes), new Span<byte>(destination, count * info.Width * 3));
                destination += count * info.Width * 3;
            }
        }

        ArrayPool<byte>.Shared.Return(strip);
        return SKCodecResult.Success;
    }

    private static SKCodecResult ReadAll(SKCodec codec, SKImageInfo info, byte* destination, uint uncovered)
    {
        if (info.ColorType == SKColorType.Gray8)
        {
            return Read(codec, info, (nint)destination);
        }

        int length = info.BytesSize;
        bool pooled = length <= PooledBytes;
        byte[] wide = pooled ? ArrayPool<byte>.Shared.Rent(length) : GC.AllocateUninitializedArray<byte>(length);
        Span<byte> pixels = wide.AsSpan(0, length);
        SKCodecResult result;
        fixed (byte* first = wide)
        {
            result = Read(codec, info, (nint)first);
        }

        if (result == SKCodecResult.Success)
        {
            if (uncovered != 0)
            {
                Cover(pixels, uncovered);
            }

            PixelWidths.DropAlpha(pixels, new Span<byte>(destination, length / 4 * 3));
        }

        if (pooled)
        {
            ArrayPool<byte>.Shared.Return(wide);
        }

        return result;
    }

    // Reading in steps says of a file that is damaged behind its last pixel that all pixels are there; reading at once does not.
    private static SKCodecResult Read(SKCodec codec, SKImageInfo info, nint destination)
    {
        SKCodecResult started = codec.StartIncrementalDecode(info, destination, info.RowBytes);
        return started == SKCodecResult.Success
            ? codec.IncrementalDecode()
            : codec.GetPixels(info, destination);
    }

    private static void Cover(Span<byte> pixels, uint colour)
    {
        Span<uint> values = MemoryMarshal.Cast<byte, uint>(pixels);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = pixels[(i * 4) + AlphaByte] == 0 ? colour : values[i];
        }
    }

    private static InvalidImageException Damaged(string name, ImageKind kind, string reason) =>
        new(name, $"the {kind.ShortName()} image is cut off or damaged ({reason}). Copy it again or take it out.");
}
