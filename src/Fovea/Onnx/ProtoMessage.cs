using Google.Protobuf;

namespace Fovea.Onnx;

/// <summary>
/// A protocol buffers message as a list of fields. Long byte fields are written from where their content lies, without a copy of the whole.
/// </summary>
internal sealed class ProtoMessage
{
    private readonly List<Field> _parts = [];
    private long? _size;

    /// <summary>The encoded size in bytes.</summary>
    public long Size => _size ??= _parts.Sum(part => part.Size);

    /// <summary>Adds an integer.</summary>
    public ProtoMessage Add(int number, long value) => Add(
        number, WireFormat.WireType.Varint, CodedOutputStream.ComputeInt64Size(value), (output, _) => output.WriteInt64(value));

    /// <summary>Adds a number of single precision.</summary>
    public ProtoMessage Add(int number, float value) => Add(
        number, WireFormat.WireType.Fixed32, CodedOutputStream.ComputeFloatSize(value), (output, _) => output.WriteFloat(value));

    /// <summary>Adds text.</summary>
    public ProtoMessage Add(int number, string value) => Add(
        number, WireFormat.WireType.LengthDelimited, CodedOutputStream.ComputeStringSize(value), (output, _) => output.WriteString(value));

    /// <summary>Adds a message.</summary>
    public ProtoMessage Add(int number, ProtoMessage value) => AddLengthDelimited(number, value.Size, value.WriteTo);

    /// <summary>Adds bytes whose number is known.</summary>
    /// <param name="number">The field's number.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="write">Writes them.</param>
    public ProtoMessage Add(int number, long length, Action<Stream> write) => AddLengthDelimited(number, length, (output, stream) =>
    {
        output.Flush();
        write(stream);
    });

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
    /// <exception cref="OnnxExportException">It is larger than the 2 GB that the format allows.</exception>
    public void WriteTo(Stream stream)
    {
        using CodedOutputStream output = new(stream, leaveOpen: true);
        WriteTo(output, stream);
    }

    private ProtoMessage AddLengthDelimited(int number, long length, Action<CodedOutputStream, Stream> write)
    {
        if (length > int.MaxValue)
        {
            throw new OnnxExportException($"A message of {length} bytes is larger than the 2 GB that protocol buffers allow.");
        }

        long size = CodedOutputStream.ComputeLengthSize((int)length) + length;
        return Add(number, WireFormat.WireType.LengthDelimited, size, (output, stream) =>
        {
            output.WriteLength((int)length);
            write(output, stream);
        });
    }

    private ProtoMessage Add(int number, WireFormat.WireType type, long size, Action<CodedOutputStream, Stream> write)
    {
        uint tag = WireFormat.MakeTag(number, type);
        _parts.Add(new Field(tag, CodedOutputStream.ComputeTagSize(number) + size, write));
        _size = null;
        return this;
    }

    private void WriteTo(CodedOutputStream output, Stream stream)
    {
        foreach (Field part in _parts)
        {
            output.WriteTag(part.Tag);
            part.Write(output, stream);
        }
    }

    private sealed record Field(uint Tag, long Size, Action<CodedOutputStream, Stream> Write);
}
