using System.Collections.Immutable;

namespace Fovea.Onnx;

/// <summary>A node while it is written: its operands by name, in the layout that was chosen for it.</summary>
/// <param name="Node">The node.</param>
/// <param name="Layout">The layout in which its maps are read and written.</param>
/// <param name="Values">The names of values.</param>
internal readonly record struct Emission(Node Node, MapLayout Layout, ValueNames Values)
{
    /// <summary>The operands.</summary>
    public ImmutableArray<Value> Inputs => Node.Inputs;

    /// <summary>The file's graph.</summary>
    public OnnxGraph Graph => Values.Target;

    /// <summary>The shape of the node's first result.</summary>
    public Shape Result => Node.Outputs[0].Shape;

    /// <summary>The shape of the result with −1 for the axis that grows with the batch.</summary>
    public long[] OpenResult => Values.Source.Batch.OpenShape(Node.Outputs[0]);

    /// <summary>True for an operand that stands in the file.</summary>
    public bool IsConstant(int index) => Values.Source.IsConstant(Inputs[index]);

    /// <summary>The name of an operand.</summary>
    public string Operand(int index, string role = "constant") => Values.Operand(Inputs[index], Layout, role);

    /// <summary>The name of a constant operand, its axes reordered and its shape changed where that is asked for.</summary>
    public string Constant(int index, string role, int[]? order = null, long[]? shape = null) =>
        Values.Constant(Inputs[index], role, order, shape);

    /// <summary>The place of one of a value's axes in the layout.</summary>
    public long Axis(int axis) => Layout == MapLayout.ChannelsLast ? axis : axis switch
    {
        0 => 0,
        3 => 1,
        _ => axis + 1,
    };

}
