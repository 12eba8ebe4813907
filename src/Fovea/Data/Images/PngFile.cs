using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Fovea.Data;

/// <summary>
/// Parts of a PNG file that are decoded: header, palette and pixels, with their check sums verified. Transparency, colour profiles and what
/// follows the pixels play no part, so that damage there is none.
/// </summary>
internal sealed class PngFile
{
    // Deflate cannot shrink data to less than 1/1032: fewer compressed bytes than that cannot hold the announced image.
    private const int MaxDeflateRatio = 1032;
    private const int PaletteEntries = 256;
    private const int HeaderLength = 13;
    private const int Palette = 3;

    private static readonly uint _header = Type("IHDR"u8);
    private static readonly uint _palette = Type("PLTE"u8);
    private static readonly uint _data = Type("IDAT"u8);
    private static readonly uint _exif = Type("eXIf"u8);

    private readonly string _name;
    private readonly bool _indices;
    private readonly ArrayBufferWriter<byte> _clean = new();
    private int _depth;
    private int _colourType;
    private long _dataLength;

    private PngFile(string name, bool indices = false) => (_name, _indices) = (name, indices);

    /// <summary>Orientation in which the image is stored, as its EXIF data say.</summary>
    public ImageOrientation Orientation { get; private set; } = ImageOrientation.Upright;

    /// <summary>True for grey without alpha of 16 bits a sample, of which values above 255 become 255, as in Pillow.</summary>
    public bool IsDeepGrey => _depth == 16 && _colourType == 0;

    /// <summary>True for grey, with alpha or without.</summary>
    public bool IsGrey => _colourType is 0 or 4;

    /// <summary>A file of nothing but header, palette, pixels and end.</summary>
    public ReadOnlySpan<byte> Clean => _clean.WrittenSpan;

    /// <summary>Decodes an image.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <exception cref="InvalidImageException">The file is cut off, damaged, or announces a size beyond the limits.</exception>
    public static Image Decode(byte[] bytes, string name)
    {
        PngFile file = new(name);
        file.Read(bytes);
        Image stored = file.IsDeepGrey
            ? SkiaDecoder.DecodeWithAlpha(file.Clean, name, (high, low) => high > 0 ? byte.MaxValue : low)
            : SkiaDecoder.Decode(file.Clean, name, ImageKind.Png);
        return (file.IsGrey ? stored.FirstChannel() : stored).ToUpright(file.Orientation);
    }

    /// <summary>Decodes the numbers of the pixels: of a palette the indices, of grey the values as the file counts them.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">The image's name for error messages.</param>
    /// <returns>An image of one channel, as it is stored.</returns>
    /// <exception cref="InvalidImageException">
    /// The file is cut off, damaged, announces a size beyond the limits, or has neither palette nor grey of 8 bits at most.
    /// </exception>
    public static Image DecodeIndices(byte[] bytes, string name)
    {
        PngFile file = new(name, indices: true);
        file.Read(bytes);
        Image stored = SkiaDecoder.Decode(file.Clean, name, ImageKind.Png).FirstChannel();

        // The decoder spreads fewer bits over the range of eight.
        int step = byte.MaxValue / ((1 << file._depth) - 1);
        return step == 1
            ? stored
            : new Image(stored.Width, stored.Height, 1, Array.ConvertAll(stored.Pixels, value => (byte)(value / step)));
    }

    private void Read(ReadOnlySpan<byte> bytes)
    {
        _clean.GetSpan(bytes.Length + (3 * PaletteEntries) + 24);
        _clean.Write(bytes[..8]);
        int position = 8;
        long width = 0;
        long height = 0;
        bool ended = false;
        int start = position;
        for (; Chunk(bytes, ref position, out uint type, out ReadOnlySpan<byte> data, out bool whole); start = position)
        {
            // Nothing behind the pixels matters but the orientation, where that is whole.
            ended |= _dataLength > 0 && type != _data;
            if (ended && type == _data)
            {
                throw Damaged("its pixels are scattered over the file");
            }

            if (!whole && !ended)
            {
                throw Damaged($"the check sum of the chunk {Letters(type)} does not agree");
            }

            if (width == 0)
            {
                (width, height) = type == _header ? ReadHeader(data, bytes.Length) : throw Damaged("the header is not the first chunk");
            }
            else if (type == _header)
            {
                throw Damaged("it has two headers");
            }
            else if (type == _palette && !ended)
            {
                WritePalette(data);
            }
            else if (type == _data)
            {
                _clean.Write(bytes[start..position]);
                _dataLength += data.Length;
            }
            else if (type == _exif && whole)
            {
                Orientation = Orientations.OfExif(data);
            }
            else if (!ended && (type & 0x20000000) == 0)
            {
                // An upper-case first letter marks a chunk without which the image cannot be understood.
                throw Damaged($"it needs the chunk {Letters(type)}, which is not a PNG chunk");
            }
        }

        CheckLength(width, height);
        Write(Type("IEND"u8), []);
    }

    /// <summary>Reads the next chunk; false at the end of the bytes, where a chunk without its check sum is still one.</summary>
    private bool Chunk(ReadOnlySpan<byte> bytes, ref int position, out uint type, out ReadOnlySpan<byte> data, out bool whole)
    {
        type = 0;
        data = [];
        whole = false;
        if (bytes.Length - position < 8)
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[position..]);
        type = BinaryPrimitives.ReadUInt32BigEndian(bytes[(position + 4)..]);
        int rest = bytes.Length - position - 8;
        if (length > rest)
        {
            return _dataLength > 0 && type != _data ? false : throw Damaged("it ends too early");
        }

        data = bytes.Slice(position + 8, (int)length);
        if (rest - length >= 4)
        {
            uint sum = BinaryPrimitives.ReadUInt32BigEndian(bytes[(position + 8 + (int)length)..]);
            whole = sum == Crc32.HashToUInt32(bytes.Slice(position + 4, (int)length + 4));
        }

        position += (int)Math.Min(length + 12L, bytes.Length - position);
        return true;
    }

    private (long Width, long Height) ReadHeader(ReadOnlySpan<byte> data, int length)
    {
        if (data.Length != HeaderLength)
        {
            throw Damaged("the header has another length");
        }

        long width = BinaryPrimitives.ReadInt32BigEndian(data);
        long height = BinaryPrimitives.ReadInt32BigEndian(data[4..]);
        (_depth, _colourType) = (data[8], data[9]);
        Image.CheckSize(_name, width, height, length);
        Span<byte> written = stackalloc byte[HeaderLength];
        data.CopyTo(written);
        if (_indices)
        {
            if (_depth > 8 || _colourType is not (0 or Palette))
            {
                throw new InvalidImageException(
                    _name,
                    $"the PNG image has {(_colourType is 0 or Palette ? $"{_depth} bits a pixel" : "colours")}, but labels are indices of "
                    + "classes: save it as grey of 8 bits or with a palette.");
            }

            // An index is stored as a grey value is.
            written[9] = 0;
        }
        else if (IsDeepGrey)
        {
            // The decoder would drop the lower byte. As grey and alpha of 8 bits each, which lie in the file alike, both are kept.
            (written[8], written[9]) = (8, 4);
        }

        Write(_header, written);
        return (width, height);
    }

    // Colours that the palette leaves out are greys, as in Pillow; SkiaSharp would repeat the last one.
    private void WritePalette(ReadOnlySpan<byte> data)
    {
        if (data.Length == 0 || data.Length % 3 != 0 || data.Length > 3 * PaletteEntries)
        {
            throw Damaged($"the palette has {data.Length} bytes instead of 3 to 768 in threes");
        }

        if (_colourType == Palette && !_indices)
        {
            Span<byte> full = stackalloc byte[3 << Math.Min(_depth, 8)];
            for (int i = 0; i < full.Length; i++)
            {
                full[i] = (byte)(i / 3);
            }

            data[..Math.Min(data.Length, full.Length)].CopyTo(full);
            Write(_palette, full);
        }
    }

    private void CheckLength(long width, long height)
    {
        int samples = _colourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        long inflated = ((((width * samples * _depth) + 7) / 8) + 1) * height;
        if (width == 0 || _dataLength == 0 || inflated > _dataLength * MaxDeflateRatio)
        {
            throw Damaged($"it announces {width}×{height} pixels but holds only {_dataLength} bytes of them");
        }
    }

    private void Write(uint type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        _clean.Write(number);
        int start = _clean.WrittenCount;
        BinaryPrimitives.WriteUInt32BigEndian(number, type);
        _clean.Write(number);
        _clean.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(_clean.WrittenSpan[start..]));
        _clean.Write(number);
    }

    private InvalidImageException Damaged(string reason) =>
        new(_name, $"the PNG image is cut off or damaged ({reason}). Copy it again or take it out.");

    private static uint Type(ReadOnlySpan<byte> letters) => BinaryPrimitives.ReadUInt32BigEndian(letters);

    private static string Letters(uint type)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, type);
        return ExceptionText.Quote(Encoding.Latin1.GetString(bytes));
    }
}
