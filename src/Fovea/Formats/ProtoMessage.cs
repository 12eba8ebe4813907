using System.Buffers.Binary;
using System.Text;

namespace Fovea.Formats;

/// <summary>
/// A protocol buffers message as a list of fields (protobuf.dev/programming-guides/encoding). Long byte fields are written from where their
/// content lies, without a copy of the whole.
/// </summary>
internal sealed class ProtoMessage
{
    // Wire types of the encoding.
    private const int VarInt = 0;
    private const int Fixed64 = 1;
    private const int Delimited = 2;
    private const int Fixed32 = 5;

    private const int MaxVarIntBytes = 10;

    private readonly List<Field> _fields = [];

    /// <summary>The encoded size in bytes. Who reads a message takes at most 2 GB.</summary>
    public long Size { get; private set; }

    /// <summary>Adds an integer.</summary>
    public ProtoMessage Add(int number, long value) => Add([.. Tag(number, VarInt), .. Number(value)]);

    /// <summary>Adds a number of single precision.</summary>
    public ProtoMessage Add(int number, float value)
    {
        byte[] bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        return Add([.. Tag(number, Fixed32), .. bytes]);
    }

    /// <summary>Adds a number of double precision.</summary>
    public ProtoMessage Add(int number, double value)
    {
        byte[] bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        return Add([.. Tag(number, Fixed64), .. bytes]);
    }

    /// <summary>Adds text.</summary>
    public ProtoMessage Add(int number, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        return Add(number, bytes.Length, stream => stream.Write(bytes));
    }

    /// <summary>Adds a message, which is whole by now.</summary>
    public ProtoMessage Add(int number, ProtoMessage value) => Add(number, value.Size, value.WriteTo);

    /// <summary>Adds bytes whose number is known.</summary>
    /// <param name="number">The field's number.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="write">Writes them.</param>
    public ProtoMessage Add(int number, long length, Action<Stream> write) =>
        Add([.. Tag(number, Delimited), .. Number(length)], length, write);

    /// <summary>Adds integers, one field each.</summary>
    public ProtoMessage AddAll(int number, IEnumerable<long> values) =>
        values.Aggregate(this, (message, value) => message.Add(number, value));

    /// <summary>Adds texts, one field each.</summary>
    public ProtoMessage AddAll(int number, IEnumerable<string> values) =>
        values.Aggregate(this, (message, value) => message.Add(number, value));

    /// <summary>Adds messages, one field each.</summary>
    public ProtoMessage AddAll(int number, IEnumerable<ProtoMessage> values) =>
        values.Aggregate(this, (message, value) => message.Add(number, value));

    /// <summary>Writes the message.</summary>
    public void WriteTo(Stream stream)
    {
        foreach (Field field in _fields)
        {
            stream.Write(field.Head);
            field.WriteContent?.Invoke(stream);
        }
    }

    private ProtoMessage Add(byte[] head, long length = 0, Action<Stream>? write = null)
    {
        _fields.Add(new Field(head, write));
        Size += head.Length + length;
        return this;
    }

    private static byte[] Tag(int number, int wireType) => Number((number << 3) | wireType);

    /// <summary>Seven bits a byte, lowest first; the top bit says that another byte follows.</summary>
    private static byte[] Number(long value)
    {
        Span<byte> bytes = stackalloc byte[MaxVarIntBytes];
        int count = 0;
        ulong rest = (ulong)value;
        for (; rest >= 0x80; rest >>= 7)
        {
            bytes[count++] = (byte)(rest | 0x80);
        }

        bytes[count++] = (byte)rest;
        return bytes[..count].ToArray();
    }

    /// <summary>A field: its tag with its number or length, then its content, if any.</summary>
    private sealed record Field(byte[] Head, Action<Stream>? WriteContent);
}
