using System.Text;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class TensorBoardWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_checksum_is_the_standard_one()
    {
        // CRC-32C of "123456789" is E3069283 in every catalogue of checksums; the mask is TFRecord's.
        uint checksum = 0xE3069283;
        Assert.Equal(((checksum >> 15) | (checksum << 17)) + 0xA282EAD8, TensorBoardWriter.MaskedChecksum("123456789"u8));
    }

    [Fact]
    public void Scalars_come_back_from_the_file()
    {
        (string Tag, long Step, double Value)[] scalars =
        [
            ("loss/train", 0, 2.5), ("loss/train", 127, -1), ("loss/train", 128, 1e-8),
            ("Genauigkeit/größte", 1L << 40, 0.875), ("x", 300, double.NaN),
        ];
        string path;
        using (TensorBoardWriter writer = new(_folder.Path, "train", resumeStep: 5))
        {
            path = writer.Path;
            foreach ((string tag, long step, double value) in scalars)
            {
                writer.AddScalar(tag, step, value);
            }
        }

        Assert.Matches(@"^events\.out\.tfevents\.\d+\.train$", Path.GetFileName(path));
        List<Dictionary<int, object>> events = [.. Records(File.ReadAllBytes(path)).Select(Fields)];
        Assert.Equal("brain.Event:2", Encoding.UTF8.GetString((byte[])events[0][3]));
        Assert.Equal(5ul, events[1][2]);
        Assert.Equal(1ul, Fields((byte[])events[1][7])[1]);
        Assert.Equal(scalars.Length, events.Count - 2);
        foreach (((string tag, long step, double value), Dictionary<int, object> parsed) in scalars.Zip(events.Skip(2)))
        {
            Dictionary<int, object> summaryValue = Fields((byte[])Fields((byte[])parsed[5])[1]);
            Assert.Equal(tag, Encoding.UTF8.GetString((byte[])summaryValue[1]));
            Assert.Equal((float)value, BitConverter.ToSingle((byte[])summaryValue[2]));
            Assert.Equal((ulong)step, parsed[2]);
            double age = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1e3 - BitConverter.ToDouble((byte[])parsed[1]);
            Assert.InRange(age, -1, 60);
        }
    }

    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BitConverter.ToInt64(file, at);
            Assert.Equal(TensorBoardWriter.MaskedChecksum(file.AsSpan(at, 8)), BitConverter.ToUInt32(file, at + 8));
            byte[] data = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(TensorBoardWriter.MaskedChecksum(data), BitConverter.ToUInt32(file, at + 12 + length));
            yield return data;
            at += length + 16;
        }
    }

    /// <summary>The fields of a message: numbers as ulong, everything else as bytes.</summary>
    private static Dictionary<int, object> Fields(byte[] message)
    {
        Dictionary<int, object> fields = new();
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = Number();
            int width = (tag & 7) switch { 0 => -1, 1 => 8, 5 => 4, 2 => (int)Number(), _ => throw new InvalidDataException() };
            object value;
            if (width < 0)
            {
                value = Number();
            }
            else
            {
                value = message[at..(at + width)];
                at += width;
            }

            fields.Add((int)(tag >> 3), value);
        }

        return fields;

        ulong Number()
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = message[at++];
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
