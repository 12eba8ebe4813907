using System.Text;

namespace Fovea.Data;

/// <summary>Properties of the kinds of images: their names, their signatures, and which of them are decoded.</summary>
public static class ImageKinds
{
    /// <summary>Bytes that tell every kind: a file's first so many, or all of a shorter file.</summary>
    public const int SignatureLength = 512;

    private static readonly (ImageKind Kind, int Offset, byte[] Bytes)[] _signatures =
    [
        (ImageKind.Png, 0, [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]),
        (ImageKind.Jpeg, 0, [0xFF, 0xD8, 0xFF]),
        (ImageKind.Gif, 0, "GIF87a"u8.ToArray()),
        (ImageKind.Gif, 0, "GIF89a"u8.ToArray()),
        (ImageKind.Tiff, 0, [(byte)'I', (byte)'I', 42, 0]),
        (ImageKind.Tiff, 0, [(byte)'M', (byte)'M', 0, 42]),
        (ImageKind.Tiff, 0, [(byte)'I', (byte)'I', 43, 0]),
        (ImageKind.Tiff, 0, [(byte)'M', (byte)'M', 0, 43]),
        (ImageKind.JpegXl, 0, [0xFF, 0x0A]),
        (ImageKind.JpegXl, 4, "JXL \r\n"u8.ToArray()),
        (ImageKind.Jpeg2000, 4, "jP  \r\n"u8.ToArray()),
        (ImageKind.Jpeg2000, 0, [0xFF, 0x4F, 0xFF, 0x51]),
        (ImageKind.Icon, 0, [0, 0, 1, 0]),
        (ImageKind.Icon, 0, [0, 0, 2, 0]),
        (ImageKind.Photoshop, 0, "8BPS"u8.ToArray()),
        (ImageKind.Pdf, 0, "%PDF-"u8.ToArray()),
        (ImageKind.GitLfsPointer, 0, "version https://git-lfs"u8.ToArray()),
        (ImageKind.Zip, 0, [(byte)'P', (byte)'K', 3, 4]),
        (ImageKind.Gzip, 0, [0x1F, 0x8B]),
    ];

    /// <summary>Tells the kind of a file by its first bytes; its name plays no part.</summary>
    /// <param name="firstBytes">The first <see cref="SignatureLength"/> bytes, or all of a shorter file.</param>
    public static ImageKind Of(ReadOnlySpan<byte> firstBytes)
    {
        if (firstBytes.IsEmpty)
        {
            return ImageKind.Empty;
        }

        foreach ((ImageKind kind, int offset, byte[] bytes) in _signatures)
        {
            if (firstBytes.Length >= offset && firstBytes[offset..].StartsWith(bytes))
            {
                return kind;
            }
        }

        return IsWebP(firstBytes) ? ImageKind.WebP
            : IsBmp(firstBytes) ? ImageKind.Bmp
            : IsNetpbm(firstBytes) ? ImageKind.Netpbm
            : KindOfBrand(firstBytes) ?? KindOfText(firstBytes);
    }

    /// <summary>Tells the kind of a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidImageException">The file is missing or cannot be read.</exception>
    public static ImageKind OfFile(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            Span<byte> first = stackalloc byte[SignatureLength];
            return Of(first[..stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidImageException(path, $"the file cannot be read ({exception.Message}).", exception);
        }
    }

    /// <summary>True for the kinds that <see cref="ImageFile"/> decodes.</summary>
    /// <param name="kind">The kind.</param>
    public static bool IsDecoded(this ImageKind kind) =>
        kind is ImageKind.Png or ImageKind.Jpeg or ImageKind.WebP or ImageKind.Gif or ImageKind.Bmp;

    /// <summary>True for pictures of any kind, decoded or not; false for other files, such as web pages.</summary>
    /// <param name="kind">The kind.</param>
    public static bool IsImage(this ImageKind kind) => kind.IsDecoded()
        || kind is ImageKind.Tiff or ImageKind.Heic or ImageKind.Avif or ImageKind.JpegXl or ImageKind.Jpeg2000
            or ImageKind.Icon or ImageKind.Photoshop or ImageKind.Netpbm or ImageKind.Svg;

    /// <summary>Name of a kind with its article, for sentences such as "this is a HEIC picture".</summary>
    /// <param name="kind">The kind.</param>
    public static string Name(this ImageKind kind) => kind switch
    {
        ImageKind.Empty => "an empty file",
        ImageKind.Png => "a PNG picture",
        ImageKind.Jpeg => "a JPEG picture",
        ImageKind.WebP => "a WebP picture",
        ImageKind.Gif => "a GIF picture",
        ImageKind.Bmp => "a BMP picture",
        ImageKind.Tiff => "a TIFF picture",
        ImageKind.Heic => "a HEIC picture",
        ImageKind.Avif => "an AVIF picture",
        ImageKind.JpegXl => "a JPEG XL picture",
        ImageKind.Jpeg2000 => "a JPEG 2000 picture",
        ImageKind.Icon => "an icon",
        ImageKind.Photoshop => "a Photoshop document",
        ImageKind.Netpbm => "a Netpbm picture",
        ImageKind.Svg => "an SVG drawing",
        ImageKind.Pdf => "a PDF document",
        ImageKind.Html => "a web page (HTML)",
        ImageKind.GitLfsPointer => "a Git LFS pointer",
        ImageKind.Zip => "a ZIP archive",
        ImageKind.Gzip => "a gzip file",
        _ => "no picture of a known kind",
    };

    /// <summary>Name of a kind that is decoded, without an article.</summary>
    /// <param name="kind">The kind.</param>
    internal static string ShortName(this ImageKind kind) => kind == ImageKind.WebP ? "WebP" : kind.ToString().ToUpperInvariant();

    /// <summary>Way to mend a file of a kind that is not decoded: a whole sentence.</summary>
    /// <param name="kind">The kind.</param>
    internal static string Cure(this ImageKind kind) => kind switch
    {
        ImageKind.GitLfsPointer => "Fetch the file itself with 'git lfs pull'.",
        ImageKind.Html => "The download went wrong: fetch it again or take it out.",
        ImageKind.Empty => "Replace it or take it out.",
        ImageKind.Zip or ImageKind.Gzip => "Unpack it.",
        _ => "Convert it to PNG, JPEG, WebP, GIF or BMP, or take it out.",
    };

    private static bool IsWebP(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 12 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBP"u8);

    // "BM" alone begins many texts; the length of the header behind it is one of few numbers.
    private static bool IsBmp(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 18 && bytes.StartsWith("BM"u8) && bytes[14] is 12 or 16 or 40 or 52 or 56 or 64 or 108 or 124
        && bytes[15..18].IndexOfAnyExcept((byte)0) < 0;

    private static bool IsNetpbm(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= 3 && bytes[0] == 'P' && bytes[1] is >= (byte)'1' and <= (byte)'7'
        && bytes[2] is (byte)'\n' or (byte)' ' or (byte)'\r';

    /// <summary>The kind that the brands of an ISO media file tell: four letters each, behind "ftyp".</summary>
    private static ImageKind? KindOfBrand(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 12 || !bytes[4..].StartsWith("ftyp"u8))
        {
            return null;
        }

        string brands = Encoding.Latin1.GetString(bytes[8..Math.Min(bytes.Length, 40)]);
        string[] avif = ["avif", "avis"];
        string[] heic = ["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"];
        return Array.Exists(avif, brand => brands.Contains(brand, StringComparison.Ordinal)) ? ImageKind.Avif
            : Array.Exists(heic, brand => brands.Contains(brand, StringComparison.Ordinal)) ? ImageKind.Heic
            : null;
    }

    private static ImageKind KindOfText(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, SignatureLength)])
            .Replace("ï»¿", "", StringComparison.Ordinal)
            .TrimStart();
        if (!text.StartsWith('<'))
        {
            return ImageKind.Unknown;
        }

        return Has("<svg") ? ImageKind.Svg
            : Has("<!doctype html") || Has("<html") || Has("<head") || Has("<body") ? ImageKind.Html
            : ImageKind.Unknown;

        bool Has(string tag) => text.Contains(tag, StringComparison.OrdinalIgnoreCase);
    }
}
