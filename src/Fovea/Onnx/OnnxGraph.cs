using System.Globalization;
using System.Runtime.InteropServices;

namespace Fovea.Onnx;

/// <summary>An ONNX graph while it is written: nodes and constants by name, and under which names the values of Fovea's graph stand in it.</summary>
/// <param name="opset">The version of the operators.</param>
/// <param name="batch">Which axes follow the batch.</param>
/// <param name="constants">The values that are written as constants.</param>
/// <param name="input">The name of the input, whose first axis is the batch.</param>
internal sealed class OnnxGraph(int opset, BatchAxes batch, ConstantTensors constants, string input)
{
    private static readonly int[] _toFirst = [0, 3, 1, 2];
    private static readonly int[] _toLast = [0, 2, 3, 1];

    private readonly List<OnnxNode> _nodes = [];
    private readonly OrderedDictionary<string, OnnxTensor> _initializers = [];
    private readonly Dictionary<(Value Value, MapLayout Layout), string> _values = [];
    private readonly Dictionary<(Value, string Order, string Shape), string> _constants = [];
    private readonly Dictionary<string, int> _names = [];
    private string? _batchExtent;

    /// <summary>The version of the operators.</summary>
    public int Opset { get; } = opset;

    /// <summary>Which axes follow the batch.</summary>
    public BatchAxes Batch { get; } = batch;

    /// <summary>The path of the module whose nodes are added.</summary>
    public string Path { get; set; } = "";

    /// <summary>The nodes so far.</summary>
    public IReadOnlyList<OnnxNode> Nodes => _nodes;

    /// <summary>The constants so far.</summary>
    public IReadOnlyList<OnnxTensor> Initializers => [.. _initializers.Values];

    /// <summary>Adds a node with one result and returns the result's name.</summary>
    public string Add(string operation, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes) => Add(operation, inputs, 1, attributes)[0];

    /// <summary>Adds a node and returns its results' names.</summary>
    public IReadOnlyList<string> Add(string operation, IReadOnlyList<string> inputs, int outputs, IReadOnlyList<OnnxAttribute> attributes)
    {
        string name = Unique(Path.Length == 0 ? operation : $"{Path}/{operation}");
        string[] results = outputs == 1 ? [name] : [.. Enumerable.Range(0, outputs).Select(i => Unique($"{name}.{i}"))];
        _nodes.Add(new OnnxNode(operation, name, inputs, results, attributes));
        return results;
    }

    /// <summary>Says under which name a value stands.</summary>
    public void Define(Value value, string name, MapLayout layout = MapLayout.ChannelsLast) => _values[(value, layout)] = name;

    /// <summary>Gives the value, channels last where it is there in both layouts, another name than its node's. Only for a value that nothing reads yet.</summary>
    public void Rename(Value value, string name)
    {
        (Value, MapLayout Layout) key = _values.ContainsKey((value, MapLayout.ChannelsLast)) ? (value, MapLayout.ChannelsLast) : (value, MapLayout.ChannelsFirst);
        string old = _values[key];
        int producer = _nodes.FindLastIndex(node => node.Outputs.Contains(old));
        OnnxNode node = _nodes[producer];
        _nodes[producer] = node with { Outputs = [.. node.Outputs.Select(output => output == old ? name : output)] };
        _values[key] = name;
    }

    /// <summary>Reserves a name for something that is given or asked for by it.</summary>
    public string Reserve(string name) => Unique(name);

    /// <summary>The name of an operand in the layout in which it is wanted; a map in the other layout is transposed, once.</summary>
    public string Operand(Value value, MapLayout layout = MapLayout.ChannelsLast, string role = "constant")
    {
        if (constants.Contains(value))
        {
            return layout == MapLayout.ChannelsFirst ? ChannelsFirstConstant(value, role) : Constant(value, role);
        }

        if (_values.TryGetValue((value, layout), out string? name))
        {
            return name;
        }

        MapLayout other = layout == MapLayout.ChannelsLast ? MapLayout.ChannelsFirst : MapLayout.ChannelsLast;
        if (value.Shape.Rank != 4 || !_values.TryGetValue((value, other), out string? source))
        {
            throw new OnnxExportException($"{value.Producer} is read before it is computed, which no order of the graph explains.");
        }

        int[] order = layout == MapLayout.ChannelsFirst ? _toFirst : _toLast;
        name = MapLayouts.AreSameBytes(value.Shape) ? Reshape(source, OpenShape(value, layout)) : Transpose(source, order);
        Define(value, name, layout);
        return name;
    }

    /// <summary>The name of an operand in any layout, where both are the same bytes.</summary>
    public string OperandAsBytes(Value value) =>
        MapLayouts.AreSameBytes(value.Shape) && _values.TryGetValue((value, MapLayout.ChannelsFirst), out string? name) ? name : Operand(value);

    /// <summary>The name of a constant, its axes reordered and its shape changed where that is asked for.</summary>
    /// <param name="value">The value.</param>
    /// <param name="role">What it is for: the end of its name, where it is not a weight as checkpoints know it.</param>
    /// <param name="order">For each axis of the result the axis of the value, or null.</param>
    /// <param name="shape">The shape to write, or null for the (reordered) value's own.</param>
    public string Constant(Value value, string role, int[]? order = null, long[]? shape = null)
    {
        (Value, string, string) form = (value, string.Join(',', order ?? []), string.Join(',', shape ?? []));
        if (!_constants.TryGetValue(form, out string? name))
        {
            // Convolution weights stand in checkpoints as ONNX takes them; only a matrix is turned.
            name = Unique((ConstantTensors.NameOf(value) ?? $"{Path}.{role}") + (order is [1, 0] ? ".transposed" : ""));
            _constants.Add(form, name);
            _initializers.Add(name, constants.Tensor(name, value, order, shape));
        }

        return name;
    }

    /// <summary>The name of a scalar.</summary>
    public string Number(float number) => Numbers(string.Create(CultureInfo.InvariantCulture, $"number_{number:R}"), [number]);

    /// <summary>The name of a table of numbers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="numbers">The numbers.</param>
    /// <param name="shape">Its shape.</param>
    public string Numbers(string name, float[] numbers, params long[] shape) =>
        Initializer(name, OnnxElementType.Float, shape, MemoryMarshal.AsBytes<float>(numbers).ToArray());

    /// <summary>The name of a vector of integers, such as a shape.</summary>
    public string Integers(params long[] integers)
    {
        string name = $"integers_{string.Join('_', integers)}";
        return Initializer(name, OnnxElementType.Int64, [integers.Length], MemoryMarshal.AsBytes<long>(integers).ToArray());
    }

    /// <summary>The elements under another shape; −1 stands for the axis that follows the batch.</summary>
    public string Reshape(string source, params long[] shape) => Add("Reshape", [source, Integers(shape)]);

    /// <summary>Reorders axes.</summary>
    public string Transpose(string source, params int[] order) =>
        Add("Transpose", [source], new OnnxAttribute("perm", order.Select(axis => (long)axis).ToArray()));

    /// <summary>A part along one axis.</summary>
    public string Slice(string source, long axis, int start, int length) =>
        Add("Slice", [source, Integers(start), Integers(start + length), Integers(axis)]);

    /// <summary>The number of images of a run, times a factor, as a vector of one integer.</summary>
    public string BatchExtent(int factor)
    {
        _batchExtent ??= Add("Shape", [input], new OnnxAttribute("start", 0L), new OnnxAttribute("end", 1L));
        return factor == 1 ? _batchExtent : Add("Mul", [_batchExtent, Integers(factor)]);
    }

    /// <summary>Whether a value is written as a constant.</summary>
    public bool IsConstant(Value value) => constants.Contains(value);

    private long[] OpenShape(Value map, MapLayout layout)
    {
        long[] shape = Batch.OpenShape(map);
        return layout == MapLayout.ChannelsLast ? shape : [.. _toFirst.Select(axis => shape[axis])];
    }

    private string ChannelsFirstConstant(Value value, string role)
    {
        // What broadcasts against (N, H, W, C) as (…, H, W, C) does so against (N, C, H, W) as (…, C, H, W).
        Shape shape = value.Shape;
        long[] extents = [.. Enumerable.Repeat(1L, 4 - shape.Rank), .. shape.Select(extent => (long)extent)];
        int missing = 4 - shape.Rank;
        return shape.Rank == 0
            ? Constant(value, role)
            : Constant(value, role, [.. _toFirst.Where(axis => axis >= missing).Select(axis => axis - missing)], [.. _toFirst.Select(axis => extents[axis])]);
    }

    private string Initializer(string name, OnnxElementType type, long[] shape, byte[] elements)
    {
        _initializers.TryAdd(name, new OnnxTensor(name, type, shape, stream => stream.Write(elements)));
        return name;
    }

    private string Unique(string name)
    {
        int count = _names[name] = _names.GetValueOrDefault(name) + 1;
        return count == 1 ? name : Unique($"{name}_{count}");
    }
}
