using System.Text;

namespace Fovea.Onnx;

/// <summary>
/// A protocol buffers message (protobuf.dev/programming-guides/encoding) as a list of encoded parts. Long contents are written from where
/// they lie, without a copy of the whole.
/// </summary>
internal sealed class ProtoMessage
{
    private const int Varint = 0, LengthDelimited = 2, Fixed32 = 5;

    private readonly List<(long Size, Action<Stream> Write)> _parts = [];

    /// <summary>The encoded size in bytes.</summary>
    public long Size => _parts.Sum(part => part.Size);

    /// <summary>Adds an integer.</summary>
    public ProtoMessage Add(int number, long value) => Add([.. Tag(number, Varint), .. Encode(value)]);

    /// <summary>Adds a number of single precision.</summary>
    public ProtoMessage Add(int number, float value) => Add([.. Tag(number, Fixed32), .. BitConverter.GetBytes(value)]);

    /// <summary>Adds text.</summary>
    public ProtoMessage Add(int number, string value)
    {
        byte[] text = Encoding.UTF8.GetBytes(value);
        return Add(number, text.Length, stream => stream.Write(text));
    }

    /// <summary>Adds a message.</summary>
    public ProtoMessage Add(int number, ProtoMessage value) => Add(number, value.Size, value.WriteTo);

    /// <summary>Adds bytes whose number is known.</summary>
    /// <param name="number">The field's number.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="write">Writes them.</param>
    /// <exception cref="OnnxExportException">There are more than the 2 GB that the format allows.</exception>
    public ProtoMessage Add(int number, long length, Action<Stream> write)
    {
        if (length > int.MaxValue)
        {
            throw new OnnxExportException($"A message of {length} bytes is larger than the 2 GB that protocol buffers allow.");
        }

        Add([.. Tag(number, LengthDelimited), .. Encode(length)]);
        _parts.Add((length, write));
        return this;
    }

    /// <summary>Adds integers, one field each.</summary>
    public ProtoMessage AddAll(int number, IEnumerable<long> values) =>
        values.Aggregate(this, (message, next) => message.Add(number, next));

    /// <summary>Adds texts, one field each.</summary>
    public ProtoMessage AddAll(int number, IEnumerable<string> values) =>
        values.Aggregate(this, (message, next) => message.Add(number, next));

    /// <summary>Adds messages, one field each.</summary>
    public ProtoMessage AddAll(int number, IEnumerable<ProtoMessage> values) =>
        values.Aggregate(this, (message, next) => message.Add(number, next));

    /// <summary>Writes the message.</summary>
    public void WriteTo(Stream stream) => _parts.ForEach(part => part.Write(stream));

    private ProtoMessage Add(byte[] bytes)
    {
        _parts.Add((bytes.Length, stream => stream.Write(bytes)));
        return this;
    }

    private static IEnumerable<byte> Tag(int number, int wireType) => Encode((number << 3) | wireType);

    /// <summary>Seven bits a byte, the lowest first; the highest bit says that more follow.</summary>
    private static IEnumerable<byte> Encode(long value)
    {
        ulong rest = (ulong)value;
        for (; rest > 0x7F; rest >>= 7)
        {
            yield return (byte)(rest | 0x80);
        }

        yield return (byte)rest;
    }
}
