using Fovea.Data;

namespace Fovea.Onnx;

/// <summary>Writes a graph as an ONNX model, node by node.</summary>
internal sealed class OnnxWriter
{
    private readonly OnnxOptions _options;
    private readonly ExportedGraph _source;
    private readonly OnnxGraph _target;
    private readonly ValueNames _values;

    /// <summary>Adds the nodes of a graph.</summary>
    /// <param name="source">The graph, which has one input, a map (N, H, W, C).</param>
    /// <param name="constants">The contents of its constants.</param>
    /// <param name="options">The choices.</param>
    /// <exception cref="OnnxExportException">Something in the graph has no form in ONNX files.</exception>
    public OnnxWriter(ExportedGraph source, ConstantTensors constants, OnnxOptions options)
    {
        _options = options;
        _source = source;
        MapLayouts layouts = new(source);
        (string inputName, Value input) = source.Graph.Inputs.Single();
        _target = new OnnxGraph(options.Opset, inputName);
        _values = new ValueNames(source, constants, _target);

        string[] given = [inputName, .. source.Graph.Outputs.Keys];
        Array.ForEach(given, reserved => _target.Unique(reserved));
        string images = options.Preprocessing is null ? inputName : Normalize(inputName, options.Preprocessing);
        _values.Define(input, images, MapLayout.ChannelsFirst);
        foreach (Node node in source.Nodes)
        {
            _target.Path = node.Path;
            IReadOnlyList<string> results = Emitter.Of(node).Write(new Emission(node, layouts[node], _values));
            for (int i = 0; i < results.Count; i++)
            {
                _values.Define(node.Outputs[i], results[i], layouts[node]);
            }
        }
    }

    /// <summary>The model. Its weights are read when its message is written.</summary>
    /// <param name="name">The graph's name.</param>
    /// <param name="metadata">Names and values that the file carries along.</param>
    public OnnxModel Finish(string name, Dictionary<string, string> metadata)
    {
        OnnxValue[] outputs = [.. _source.Graph.Outputs.Select(output => Output(output.Key, output.Value))];
        NameMarks();
        (string inputName, Value input) = _source.Graph.Inputs.Single();
        return new OnnxModel(_options.Opset, name, _target.Nodes, _target.Initializers, Input(inputName, input), outputs, metadata);
    }

    private OnnxValue Input(string name, Value map)
    {
        long?[] first = Open(_values.OpenShape(map, MapLayout.ChannelsFirst));
        return _options.Preprocessing is null
            ? new OnnxValue(name, OnnxElementType.Float, first)
            : new OnnxValue(name, OnnxElementType.UInt8, Open(_values.OpenShape(map, MapLayout.ChannelsLast)));
    }

    private OnnxValue Output(string name, Value value)
    {
        MapLayout layout = value.Shape.Rank == 4 ? MapLayout.ChannelsFirst : MapLayout.ChannelsLast;
        _target.Path = value.Producer.Path;
        _target.Rename(name, _values.Operand(value, layout));
        OnnxElementType type = value.Type.ElementType == ElementType.Int32 ? OnnxElementType.Int64 : OnnxElementType.Float;
        return new OnnxValue(name, type, Open(_values.OpenShape(value, layout)));
    }

    /// <summary>Names that the network gives to values inside, such as its stages' maps, stand in the file too.</summary>
    private void NameMarks()
    {
        foreach ((string mark, Value value) in _source.Graph.Marks)
        {
            if (_values.Find(value) is string name && _target.CanRename(name) && _target.Unique(mark) == mark)
            {
                _target.Rename(mark, name);
            }
        }
    }

    private static long?[] Open(long[] shape) => [.. shape.Select(extent => extent < 0 ? (long?)null : extent)];

    /// <summary>Bytes (N, H, W, 3) to (x/255 − mean) / standard deviation, channels first.</summary>
    private string Normalize(string bytes, Preprocessing preprocessing)
    {
        float[] scale = [.. preprocessing.StandardDeviation.Select(deviation => 1 / (255 * deviation))];
        float[] shift = [.. preprocessing.Mean.Zip(preprocessing.StandardDeviation, (mean, deviation) => -mean / deviation)];
        _target.Path = "preprocessing";
        string numbers = _target.Add("Cast", [_target.Transpose(bytes, 0, 3, 1, 2)], new OnnxAttribute("to", (long)OnnxElementType.Float));
        string scaled = _target.Add("Mul", [numbers, _target.Numbers("preprocessing.scale", scale, 1, scale.Length, 1, 1)]);
        return _target.Add("Add", [scaled, _target.Numbers("preprocessing.shift", shift, 1, shift.Length, 1, 1)]);
    }
}
