namespace Fovea.Reference;

/// <summary>One evaluation of a node: arrays of its operands and results, row-major.</summary>
/// <param name="node">The node that is evaluated.</param>
/// <param name="inputs">The operands, an array of the element type each.</param>
/// <param name="outputs">The results, to be filled.</param>
/// <param name="seed">The seed of the run's random numbers.</param>
/// <param name="iteration">The training step, which the random numbers depend on.</param>
internal sealed class NodeRun(Node node, Array[] inputs, Array[] outputs, ulong seed, ulong iteration)
{
    /// <summary>The node that is evaluated.</summary>
    public Node Node { get; } = node;

    /// <summary>The operands.</summary>
    public IReadOnlyList<Array> Inputs => inputs;

    /// <summary>The results.</summary>
    public IReadOnlyList<Array> Outputs => outputs;

    /// <summary>The seed of the run's random numbers.</summary>
    public ulong Seed { get; } = seed;

    /// <summary>The training step.</summary>
    public ulong Iteration { get; } = iteration;

    /// <summary>An operand of floats.</summary>
    public float[] In(int index) => (float[])inputs[index];

    /// <summary>An operand of integers.</summary>
    public int[] Integers(int index) => (int[])inputs[index];

    /// <summary>A result of floats.</summary>
    public float[] Out(int index = 0) => (float[])outputs[index];

    /// <summary>The shape of an operand.</summary>
    public Shape InShape(int index) => Node.Inputs[index].Shape;

    /// <summary>The shape of a result.</summary>
    public Shape OutShape(int index = 0) => Node.Outputs[index].Shape;
}
