namespace Fovea.Onnx;

/// <summary>The names under which the values of Fovea's graph stand in a file.</summary>
/// <param name="source">The graph that is written.</param>
/// <param name="constants">The contents of its constants.</param>
/// <param name="target">The file's graph.</param>
internal sealed class ValueNames(ExportedGraph source, ConstantTensors constants, OnnxGraph target)
{
    private static readonly int[] _toFirst = [0, 3, 1, 2];
    private static readonly int[] _toLast = [0, 2, 3, 1];

    private readonly Dictionary<(Value Value, MapLayout Layout), string> _names = [];
    private readonly Dictionary<(Value, string Order, string Shape), string> _constants = [];

    /// <summary>The graph that is written.</summary>
    public ExportedGraph Source { get; } = source;

    /// <summary>The file's graph.</summary>
    public OnnxGraph Target { get; } = target;

    /// <summary>Says under which name a value stands.</summary>
    public void Define(Value value, string name, MapLayout layout) => _names[(value, layout)] = name;

    /// <summary>The name of a value that was defined, channels last where it stands there in both layouts; null for others.</summary>
    public string? Find(Value value) =>
        _names.GetValueOrDefault((value, MapLayout.ChannelsLast)) ?? _names.GetValueOrDefault((value, MapLayout.ChannelsFirst));

    /// <summary>The name of an operand in the layout in which it is wanted; a map in the other layout is transposed, once.</summary>
    public string Operand(Value value, MapLayout layout, string role = "constant")
    {
        if (Source.IsConstant(value))
        {
            return layout == MapLayout.ChannelsFirst ? ChannelsFirstConstant(value, role) : Constant(value, role);
        }

        if (!_names.TryGetValue((value, layout), out string? name))
        {
            MapLayout other = layout == MapLayout.ChannelsLast ? MapLayout.ChannelsFirst : MapLayout.ChannelsLast;
            string from = _names[(value, other)];
            int[] order = layout == MapLayout.ChannelsFirst ? _toFirst : _toLast;
            name = MapLayouts.AreSameBytes(value.Shape) ? Target.Reshape(from, OpenShape(value, layout)) : Target.Transpose(from, order);
            Define(value, name, layout);
        }

        return name;
    }

    /// <summary>The name of an operand in any layout, where both are the same bytes.</summary>
    public string OperandAsBytes(Value value) =>
        MapLayouts.AreSameBytes(value.Shape) && _names.TryGetValue((value, MapLayout.ChannelsFirst), out string? name)
            ? name
            : Operand(value, MapLayout.ChannelsLast);

    /// <summary>The name of a constant, its axes reordered and its shape changed where that is asked for.</summary>
    /// <param name="value">The value.</param>
    /// <param name="role">The end of its name, where it is not a weight as checkpoints know it.</param>
    /// <param name="order">For each axis of the result the axis of the value, or null.</param>
    /// <param name="shape">The shape to write, or null for the (reordered) value's own.</param>
    public string Constant(Value value, string role, int[]? order = null, long[]? shape = null)
    {
        if (!Source.IsConstant(value))
        {
            throw new OnnxExportException($"{value}: this operand depends on the images, and ONNX's operator takes a constant there.");
        }

        (Value, string, string) form = (value, string.Join(',', order ?? []), string.Join(',', shape ?? []));
        if (!_constants.TryGetValue(form, out string? name))
        {
            // Convolution weights stand in checkpoints as ONNX takes them; only a matrix is turned.
            name = Target.Unique((ConstantTensors.NameOf(value) ?? $"{Target.Path}.{role}") + (order is [1, 0] ? ".transposed" : ""));
            _constants.Add(form, name);
            Target.Add(constants.Tensor(name, value, order, shape));
        }

        return name;
    }

    /// <summary>The shape of a value as it stands in the file, with −1 for the axis that grows with the batch.</summary>
    public long[] OpenShape(Value value, MapLayout layout)
    {
        long[] shape = Source.Batch.OpenShape(value);
        return layout == MapLayout.ChannelsLast ? shape : [.. _toFirst.Select(axis => shape[axis])];
    }

    private string ChannelsFirstConstant(Value value, string role)
    {
        if (value.Shape.Rank == 0)
        {
            return Constant(value, role);
        }

        // A value that broadcasts against (N, H, W, C) as (…, H, W, C) does so against (N, C, H, W) as (…, C, H, W).
        int missing = 4 - value.Shape.Rank;
        long[] extents = [.. Enumerable.Repeat(1L, missing), .. value.Shape.Select(extent => (long)extent)];
        int[] order = [.. _toFirst.Where(axis => axis >= missing).Select(axis => axis - missing)];
        return Constant(value, role, order, [.. _toFirst.Select(axis => extents[axis])]);
    }
}
