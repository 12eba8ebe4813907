using Fovea.Formats;

namespace Fovea.Onnx;

/// <summary>Element types of ONNX (<c>TensorProto.DataType</c>).</summary>
internal enum OnnxElementType
{
    /// <summary>32-bit floating point.</summary>
    Float = 1,

    /// <summary>8-bit unsigned integers.</summary>
    UInt8 = 2,

    /// <summary>64-bit integers.</summary>
    Int64 = 7,

    /// <summary>Truth values.</summary>
    Bool = 9,
}

/// <summary>An attribute of a node. The field numbers of this file are those of onnx.proto.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">A <see cref="long"/>, <see cref="float"/>, <see cref="string"/> or an array of <see cref="long"/>.</param>
internal sealed record OnnxAttribute(string Name, object Value)
{
    /// <summary>The message AttributeProto.</summary>
    public ProtoMessage ToMessage()
    {
        const int Number = 2, Integer = 3, Text = 4, Integers = 8, Type = 20;
        ProtoMessage message = new ProtoMessage().Add(1, Name);
        return Value switch
        {
            float number => message.Add(Number, number).Add(Type, 1),
            long integer => message.Add(Integer, integer).Add(Type, 2),
            string text => message.Add(Text, text).Add(Type, 3),
            long[] integers => message.AddAll(Integers, integers).Add(Type, 7),
            _ => throw new OnnxExportException($"The attribute {Name} is a {Value.GetType().Name}, which no operator here has."),
        };
    }
}

/// <summary>One application of an operator.</summary>
/// <param name="Operator">The operator's name.</param>
/// <param name="Name">The node's name.</param>
/// <param name="Inputs">Names of operands; empty where an optional one is left out.</param>
/// <param name="Outputs">Names of results.</param>
/// <param name="Attributes">Attributes.</param>
internal sealed record OnnxNode(
    string Operator, string Name, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyList<OnnxAttribute> Attributes)
{
    /// <summary>The message NodeProto.</summary>
    public ProtoMessage ToMessage() => new ProtoMessage()
        .AddAll(1, Inputs)
        .AddAll(2, Outputs)
        .Add(3, Name)
        .Add(4, Operator)
        .AddAll(5, Attributes.Select(attribute => attribute.ToMessage()));
}

/// <summary>A constant of the graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Type of an element.</param>
/// <param name="Extents">Extent along each axis.</param>
/// <param name="Write">Writes the elements, row-major and little-endian.</param>
internal sealed record OnnxTensor(string Name, OnnxElementType Type, IReadOnlyList<long> Extents, Action<Stream> Write)
{
    /// <summary>The size of the elements in bytes.</summary>
    public long Bytes => Extents.Aggregate(Type == OnnxElementType.Int64 ? 8L : 4, (product, extent) => product * extent);

    /// <summary>The message TensorProto with the elements inside.</summary>
    public ProtoMessage ToMessage() => Head().Add(9, Bytes, Write);

    /// <summary>The message TensorProto with the elements in another file.</summary>
    /// <param name="file">The file's name, beside the model.</param>
    /// <param name="offset">Position of the first element in bytes.</param>
    public ProtoMessage ToMessage(string file, long offset)
    {
        const int ExternalData = 13, DataLocation = 14, External = 1;
        return Head()
            .Add(ExternalData, OnnxModel.Entry("location", file))
            .Add(ExternalData, OnnxModel.Entry("offset", $"{offset}"))
            .Add(ExternalData, OnnxModel.Entry("length", $"{Bytes}"))
            .Add(DataLocation, External);
    }

    private ProtoMessage Head() => new ProtoMessage().AddAll(1, Extents).Add(2, (long)Type).Add(8, Name);
}

/// <summary>An input or output of the graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Type of an element.</param>
/// <param name="Extents">Extent along each axis; null for the batch, which each run chooses.</param>
internal sealed record OnnxValue(string Name, OnnxElementType Type, IReadOnlyList<long?> Extents)
{
    /// <summary>Name of the batch axis.</summary>
    public const string Batch = "batch";

    /// <summary>The message ValueInfoProto.</summary>
    public ProtoMessage ToMessage()
    {
        ProtoMessage shape = new ProtoMessage().AddAll(
            1, Extents.Select(extent => extent is long known ? new ProtoMessage().Add(1, known) : new ProtoMessage().Add(2, Batch)));
        ProtoMessage tensor = new ProtoMessage().Add(1, (long)Type).Add(2, shape);
        return new ProtoMessage().Add(1, Name).Add(2, new ProtoMessage().Add(1, tensor));
    }
}

/// <summary>A model: a graph and what is said about it.</summary>
/// <param name="Opset">The version of the operators.</param>
/// <param name="Name">The graph's name.</param>
/// <param name="Nodes">Nodes, operands first.</param>
/// <param name="Initializers">Constants.</param>
/// <param name="Input">The input.</param>
/// <param name="Outputs">The outputs.</param>
/// <param name="Metadata">Names and values for whoever uses the model.</param>
internal sealed record OnnxModel(
    int Opset,
    string Name,
    IReadOnlyList<OnnxNode> Nodes,
    IReadOnlyList<OnnxTensor> Initializers,
    OnnxValue Input,
    IReadOnlyList<OnnxValue> Outputs,
    Dictionary<string, string> Metadata)
{
    /// <summary>The message ModelProto.</summary>
    /// <param name="tensor">The message of an initializer.</param>
    public ProtoMessage ToMessage(Func<OnnxTensor, ProtoMessage> tensor)
    {
        const int GraphField = 7, OpsetImport = 8, MetadataProperties = 14;
        ProtoMessage graph = new ProtoMessage()
            .AddAll(1, Nodes.Select(node => node.ToMessage()))
            .Add(2, Name)
            .AddAll(5, Initializers.Select(tensor))
            .Add(11, Input.ToMessage())
            .AddAll(12, Outputs.Select(output => output.ToMessage()));
        return new ProtoMessage()
            .Add(1, FormatVersion(Opset))
            .Add(2, "Fovea")
            .Add(3, typeof(OnnxModel).Assembly.GetName().Version!.ToString(3))
            .Add(GraphField, graph)
            .Add(OpsetImport, new ProtoMessage().Add(1, "").Add(2, Opset))
            .AddAll(MetadataProperties, Metadata.Select(entry => Entry(entry.Key, entry.Value)));
    }

    /// <summary>The message StringStringEntryProto.</summary>
    public static ProtoMessage Entry(string key, string value) => new ProtoMessage().Add(1, key).Add(2, value);

    /// <summary>The version of the format that came with a version of the operators.</summary>
    private static long FormatVersion(int opset) => opset switch
    {
        >= 21 => 10,
        >= 19 => 9,
        _ => 8,
    };
}
