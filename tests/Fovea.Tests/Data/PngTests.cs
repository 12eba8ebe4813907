using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class PngTests
{
    private static readonly (int Left, int Top, int StepX, int StepY)[] _adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 1, 3)]
    [InlineData(7, 5, 1)]
    [InlineData(7, 5, 3)]
    [InlineData(64, 33, 3)]
    public void What_is_encoded_is_decoded_to_the_same_pixels(int width, int height, int channels)
    {
        Image image = TestData.Pattern(width, height, channels);
        Image decoded = ImageFile.Decode(PngEncoder.Encode(image), "image");
        Assert.Equal((width, height, channels), (decoded.Width, decoded.Height, decoded.Channels));
        Assert.Equal(image.Pixels, decoded.Pixels);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(0, 4)]
    [InlineData(0, 8)]
    [InlineData(0, 16)]
    [InlineData(2, 8)]
    [InlineData(2, 16)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(3, 4)]
    [InlineData(3, 8)]
    [InlineData(4, 8)]
    [InlineData(4, 16)]
    [InlineData(6, 8)]
    [InlineData(6, 16)]
    public void Every_colour_type_depth_and_interlace_is_decoded(int colourType, int depth)
    {
        foreach ((int width, int height) in new[] { (1, 1), (2, 9), (5, 3), (13, 10), (17, 8) })
        {
            foreach (bool interlaced in new[] { false, true })
            {
                (byte[] file, byte[] expected, _) = Make(width, height, colourType, depth, interlaced);
                Image decoded = ImageFile.Decode(file, "image");
                Assert.Equal((width, height), (decoded.Width, decoded.Height));
                Assert.Equal(expected, decoded.Pixels);
            }
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 4)]
    [InlineData(0, 8)]
    [InlineData(3, 1)]
    [InlineData(3, 2)]
    [InlineData(3, 4)]
    [InlineData(3, 8)]
    public void Indices_are_read_as_they_are_stored_whatever_their_colours(int colourType, int depth)
    {
        foreach ((int width, int height) in new[] { (1, 1), (5, 3), (17, 8) })
        {
            (byte[] file, _, int[] values) = Make(width, height, colourType, depth, interlaced: width == 5);
            Image decoded = ImageFile.DecodeIndices(file, "labels");
            Assert.Equal((width, height, 1), (decoded.Width, decoded.Height, decoded.Channels));
            Assert.Equal(values, decoded.Pixels.Select(value => (int)value));
        }
    }

    [Theory]
    [InlineData(0, 16, "16 bits a pixel")]
    [InlineData(2, 8, "colours")]
    [InlineData(4, 8, "colours")]
    [InlineData(6, 8, "colours")]
    public void Images_that_hold_no_indices_are_refused_as_labels(int colourType, int depth, string named)
    {
        byte[] file = Make(5, 3, colourType, depth, interlaced: false).File;
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageFile.DecodeIndices(file, "labels.png"));
        Assert.StartsWith("labels.png: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_off_before_the_end_of_its_pixels_is_an_error_that_names_it()
    {
        Image image = TestData.Pattern(9, 7, 3);
        byte[] file = PngEncoder.Encode(image);
        int end = file.AsSpan().LastIndexOf("IEND"u8) - 4;
        for (int length = 0; length < end; length++)
        {
            InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageFile.Decode(file[..length], "shoe.png"));
            Assert.StartsWith("shoe.png: ", error.Message, StringComparison.Ordinal);
        }

        for (int length = end; length < file.Length; length++)
        {
            Assert.Equal(image.Pixels, ImageFile.Decode(file[..length], "shoe.png").Pixels);
        }
    }

    [Fact]
    public void Any_damaged_byte_before_the_end_of_the_pixels_is_an_error()
    {
        byte[] file = PngEncoder.Encode(TestData.Pattern(9, 7, 3));
        for (int i = 0; i < file.AsSpan().LastIndexOf("IEND"u8) - 4; i++)
        {
            byte[] damaged = [.. file];
            damaged[i] ^= 0x41;
            Assert.Throws<InvalidImageException>(() => ImageFile.Decode(damaged, "shoe.png"));
        }
    }

    [Fact]
    public void An_image_of_zero_bytes_is_said_to_be_empty()
    {
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ImageFile.Decode([], "empty.png"));
        Assert.Contains("empty.png", error.Message, StringComparison.Ordinal);
        Assert.Contains("0 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sizes_that_no_honest_image_has_are_refused_before_memory_is_taken()
    {
        foreach ((int width, int height) in new[] { (0, 5), (5, -1), (100_000, 1), (30_000, 30_000), (8192, 8192), (14_000, 14_000) })
        {
            byte[] file = Make(5, 5, 2, 8, false).File;
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), width);
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), height);
            BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(29), Crc32.HashToUInt32(file.AsSpan(12, 17)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<InvalidImageException>(() => ImageFile.Decode(file, "huge.png"));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Fact]
    public void A_colour_outside_the_palette_is_a_grey_as_in_Pillow()
    {
        byte[] file = Assemble(2, 1, 8, 3, false, [0, 0, 9], [1, 2, 3]);
        Assert.Equal([1, 2, 3, 9, 9, 9], ImageFile.Decode(file, "a.png").Pixels);
    }

    /// <summary>A PNG file with random samples, written sample by sample, and the pixels it must decode to.</summary>
    private static (byte[] File, byte[] Expected, int[] Values) Make(int width, int height, int colourType, int depth, bool interlaced)
    {
        int samples = colourType switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        int channels = colourType is 0 or 4 ? 1 : 3;
        Random random = new((colourType * 100) + depth);
        int[] values = [.. Enumerable.Range(0, width * height * samples).Select(_ => random.Next(1 << depth))];
        if (colourType == 0 && depth == 16)
        {
            // Deep grey is cut off at 255, as Pillow does; most values should lie below.
            values = [.. values.Select((value, i) => i % 4 == 0 ? value : value & 255)];
        }

        byte[] palette = new byte[3 << Math.Min(depth, 8)];
        random.NextBytes(palette);
        byte[] expected = new byte[width * height * channels];
        for (int pixel = 0; pixel < width * height; pixel++)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                int value = values[(pixel * samples) + (colourType == 3 ? 0 : channel)];
                expected[(pixel * channels) + channel] =
                    colourType == 3 ? palette[(value * 3) + channel]
                    : colourType == 0 && depth == 16 ? (byte)Math.Min(value, 255)
                    : (byte)(depth == 16 ? value >> 8 : value * 255 / ((1 << depth) - 1));
            }
        }

        using MemoryStream rows = new();
        foreach ((int left, int top, int stepX, int stepY) in interlaced ? _adam7 : [(0, 0, 1, 1)])
        {
            byte[] above = [];
            for (int y = top; y < height && left < width; y += stepY)
            {
                List<bool> bits = new();
                for (int x = left; x < width; x += stepX)
                {
                    for (int sample = 0; sample < samples; sample++)
                    {
                        int value = values[(((y * width) + x) * samples) + sample];
                        bits.AddRange(Enumerable.Range(1, depth).Select(bit => ((value >> (depth - bit)) & 1) != 0));
                    }
                }

                byte[] line = new byte[(bits.Count + 7) / 8];
                for (int bit = 0; bit < bits.Count; bit++)
                {
                    line[bit / 8] |= (byte)(bits[bit] ? 0x80 >> (bit % 8) : 0);
                }

                byte[] before = above.Length == 0 ? new byte[line.Length] : above;
                WriteFiltered(rows, random.Next(5), line, before, Math.Max(1, samples * depth / 8));
                above = line;
            }
        }

        return (Assemble(width, height, depth, colourType, interlaced, rows.ToArray(), colourType == 3 ? palette : []), expected, values);
    }

    private static void WriteFiltered(MemoryStream rows, int filter, byte[] line, byte[] above, int distance)
    {
        rows.WriteByte((byte)filter);
        for (int i = 0; i < line.Length; i++)
        {
            int left = i < distance ? 0 : line[i - distance];
            int upperLeft = i < distance ? 0 : above[i - distance];
            int estimate = left + above[i] - upperLeft;
            int[] candidates = [left, above[i], upperLeft];
            int paeth = candidates.MinBy(candidate => Math.Abs(estimate - candidate));
            int predicted = filter switch { 0 => 0, 1 => left, 2 => above[i], 3 => (left + above[i]) / 2, _ => paeth };
            rows.WriteByte((byte)(line[i] - predicted));
        }
    }

    private static byte[] Assemble(int width, int height, int depth, int colourType, bool interlaced, byte[] rows, byte[] palette)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)colourType, (byte)(interlaced ? 1 : 0));
        using MemoryStream compressed = new();
        using (ZLibStream deflater = new(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflater.Write(rows);
        }

        using MemoryStream file = new();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Chunk("IHDR"u8, header);
        if (palette.Length > 0)
        {
            Chunk("PLTE"u8, palette);
        }

        Chunk("tRNS"u8, [0, 1]);

        // The data may be spread over chunks at any place.
        int half = (int)compressed.Length / 2;
        Chunk("IDAT"u8, compressed.ToArray()[..half]);
        Chunk("IDAT"u8, compressed.ToArray()[half..]);
        Chunk("IEND"u8, []);
        return file.ToArray();

        void Chunk(ReadOnlySpan<byte> type, byte[] data)
        {
            byte[] number = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            file.Write(number);
            byte[] body = [.. type, .. data];
            file.Write(body);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(body));
            file.Write(number);
        }
    }
}
