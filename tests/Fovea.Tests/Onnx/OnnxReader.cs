using System.Runtime.InteropServices;
using Google.Protobuf;

namespace Fovea.Tests.Onnx;

/// <summary>Reads the messages of an ONNX file by the field numbers of onnx.proto, without the code that wrote them.</summary>
internal sealed class OnnxMessage
{
    private readonly List<(int Number, object Value)> _fields = [];

    /// <summary>Reads a message: integers, 32-bit numbers and bytes, which may be text or a message themselves.</summary>
    public OnnxMessage(byte[] bytes)
    {
        CodedInputStream input = new(bytes);
        while (input.ReadTag() is uint tag and not 0)
        {
            object value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadInt64(),
                WireFormat.WireType.Fixed32 => input.ReadFloat(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
                var type => throw new InvalidDataException($"{type} is not part of ONNX files."),
            };
            _fields.Add((WireFormat.GetTagFieldNumber(tag), value));
        }
    }

    public static OnnxMessage Open(string path) => new(File.ReadAllBytes(path));

    public IReadOnlyList<OnnxMessage> Messages(int number) => [.. Values<byte[]>(number).Select(bytes => new OnnxMessage(bytes))];

    public OnnxMessage Message(int number) => Messages(number).Single();

    public IReadOnlyList<string> Texts(int number) => [.. Values<byte[]>(number).Select(System.Text.Encoding.UTF8.GetString)];

    public string Text(int number) => Texts(number).SingleOrDefault() ?? "";

    public IReadOnlyList<long> Integers(int number) => [.. Values<long>(number)];

    public long Integer(int number) => Integers(number).SingleOrDefault();

    public float[] Floats(int number) => MemoryMarshal.Cast<byte, float>(Values<byte[]>(number).Single()).ToArray();

    public bool Has(int number) => _fields.Any(field => field.Number == number);

    private IEnumerable<T> Values<T>(int number) => _fields.Where(field => field.Number == number).Select(field => (T)field.Value);
}

/// <summary>An ONNX file as tests look at it.</summary>
internal sealed class OnnxContent
{
    public OnnxContent(string path)
    {
        Model = OnnxMessage.Open(path);
        Graph = Model.Message(7);
        Nodes = [.. Graph.Messages(1).Select(node => new OnnxNodeContent(node.Text(4), node.Text(3), node.Texts(1), node.Texts(2)))];
        Initializers = Graph.Messages(5).ToDictionary(tensor => tensor.Text(8));
        Metadata = Model.Messages(14).ToDictionary(entry => entry.Text(1), entry => entry.Text(2));
    }

    public OnnxMessage Model { get; }

    public OnnxMessage Graph { get; }

    public IReadOnlyList<OnnxNodeContent> Nodes { get; }

    public IReadOnlyDictionary<string, OnnxMessage> Initializers { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    public int Count(string operation) => Nodes.Count(node => node.Operation == operation);

    /// <summary>The axes of an input (field 11) or output (field 12): names of open ones, numbers of others.</summary>
    public string[] Axes(int field) =>
    [
        .. Graph.Message(field).Message(2).Message(1).Message(2).Messages(1)
            .Select(axis => axis.Has(2) ? axis.Text(2) : $"{axis.Integer(1)}"),
    ];
}

internal sealed record OnnxNodeContent(string Operation, string Name, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs);
