using System.Globalization;
using System.Runtime.InteropServices;

namespace Fovea.Onnx;

/// <summary>An ONNX graph while it is written: nodes and constants by name.</summary>
/// <param name="opset">The version of the operators.</param>
/// <param name="input">The name of the input.</param>
internal sealed class OnnxGraph(int opset, string input)
{
    private readonly List<OnnxNode> _nodes = [];
    private readonly OrderedDictionary<string, OnnxTensor> _initializers = [];
    private readonly Dictionary<string, int> _names = [];
    private readonly Dictionary<string, string> _renamed = [];
    private string? _batchExtent;

    /// <summary>The version of the operators.</summary>
    public int Opset { get; } = opset;

    /// <summary>The path of the module whose nodes are added.</summary>
    public string Path { get; set; } = "";

    /// <summary>The nodes so far.</summary>
    public IReadOnlyList<OnnxNode> Nodes =>
        [.. _nodes.Select(node => node with { Inputs = Final(node.Inputs), Outputs = Final(node.Outputs) })];

    /// <summary>The constants so far.</summary>
    public IReadOnlyList<OnnxTensor> Initializers => [.. _initializers.Values];

    /// <summary>Adds a node with one result and returns the result's name.</summary>
    public string Add(string operation, IReadOnlyList<string> inputs, params IReadOnlyList<OnnxAttribute> attributes) =>
        Add(operation, inputs, 1, attributes)[0];

    /// <summary>Adds a node and returns its results' names.</summary>
    public IReadOnlyList<string> Add(string operation, IReadOnlyList<string> inputs, int outputs, IReadOnlyList<OnnxAttribute> attributes)
    {
        string name = Unique(Path.Length == 0 ? operation : $"{Path}/{operation}");
        string[] results = outputs == 1 ? [name] : [.. Enumerable.Range(0, outputs).Select(i => Unique($"{name}.{i}"))];
        _nodes.Add(new OnnxNode(operation, name, inputs, results, attributes));
        return results;
    }

    /// <summary>Adds a constant of the file.</summary>
    public void Add(OnnxTensor tensor) => _initializers.TryAdd(tensor.Name, tensor);

    /// <summary>
    /// Gives a node's result the name that users know it by; an input, a constant, or a result that has such a name already is repeated
    /// under it.
    /// </summary>
    /// <param name="name">A name that was reserved.</param>
    /// <param name="source">The result's name so far.</param>
    public void Rename(string name, string source) => _renamed.Add(CanRename(source) ? source : Add("Identity", [source]), name);

    /// <summary>True for a node's result that has no name given by users.</summary>
    public bool CanRename(string source) => !_renamed.ContainsKey(source) && _nodes.Exists(node => node.Outputs.Contains(source));

    /// <summary>A name that nothing else has: the given one, or one that begins with it.</summary>
    public string Unique(string name)
    {
        int count = _names[name] = _names.GetValueOrDefault(name) + 1;
        return count == 1 ? name : Unique($"{name}_{count}");
    }

    /// <summary>The name of a scalar.</summary>
    public string Number(float number) => Numbers(string.Create(CultureInfo.InvariantCulture, $"number_{number:R}"), [number]);

    /// <summary>The name of a table of numbers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="numbers">The numbers.</param>
    /// <param name="shape">Its shape.</param>
    public string Numbers(string name, float[] numbers, params long[] shape) =>
        Initializer(name, OnnxElementType.Float, shape, MemoryMarshal.AsBytes<float>(numbers).ToArray());

    /// <summary>The name of a vector of numbers.</summary>
    public string Numbers(float[] numbers)
    {
        IEnumerable<string> texts = numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture));
        return Numbers($"numbers_{string.Join('_', texts)}", numbers, numbers.Length);
    }

    /// <summary>The name of a vector of integers, such as a shape.</summary>
    public string Integers(params long[] integers) =>
        Initializer(
            $"integers_{string.Join('_', integers)}",
            OnnxElementType.Int64,
            [integers.Length],
            MemoryMarshal.AsBytes<long>(integers).ToArray());

    /// <summary>The elements under another shape; −1 stands for the axis that grows with the batch.</summary>
    public string Reshape(string source, params long[] shape) => Add("Reshape", [source, Integers(shape)]);

    /// <summary>The axes in another order.</summary>
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

    private string Initializer(string name, OnnxElementType type, long[] shape, byte[] elements)
    {
        Add(new OnnxTensor(name, type, shape, stream => stream.Write(elements)));
        return name;
    }

    private string[] Final(IReadOnlyList<string> names) => [.. names.Select(name => _renamed.GetValueOrDefault(name, name))];
}
