using System.Collections.Immutable;

namespace Fovea.Engine.Graph.Operations;

/// <summary>One element-wise operation inside a <see cref="PointwiseChain"/>.</summary>
/// <param name="Operation">An element-wise operation, or a <see cref="BroadcastTo"/>.</param>
/// <param name="Operands">Registers: the chain's operands come first, then the results of its instructions in order.</param>
internal sealed record PointwiseInstruction(Operation Operation, ImmutableArray<int> Operands);

/// <summary>A result of a <see cref="PointwiseChain"/>.</summary>
/// <param name="Register">The register that is given out.</param>
/// <param name="Shape">The shape of the result.</param>
/// <param name="ColumnSum">True where all axes but the last are summed, false where every element is stored.</param>
internal sealed record PointwiseResult(int Register, Shape Shape, bool ColumnSum);

/// <summary>
/// Element-wise operations over one iteration space, run in one pass over memory. Made by the compiler from neighbouring
/// <see cref="Unary"/>, <see cref="Binary"/> and <see cref="BroadcastTo"/> nodes and the sums over all leading axes that read them.
/// </summary>
/// <param name="Space">The iteration space.</param>
/// <param name="OperandSpaces">
/// For each operand the shape it is broadcast to: the iteration space, possibly with other leading axes.
/// </param>
/// <param name="Instructions">The element-wise operations, in order.</param>
/// <param name="Results">The results.</param>
internal sealed record PointwiseChain(
    Shape Space,
    ImmutableArray<Shape> OperandSpaces,
    ImmutableArray<PointwiseInstruction> Instructions,
    ImmutableArray<PointwiseResult> Results) : Operation
{
    /// <inheritdoc/>
    public override string Details => string.Join("; ", Instructions.Select(InWords).Concat(Results.Select(InWords)));

    /// <inheritdoc/>
    public override string Name => Instructions.Length == 0
        ? "ColumnSum"
        : string.Join(" ", Instructions.Select(instruction => instruction.Operation.Name))
            + (Results.Any(result => result.ColumnSum) ? " ColumnSum" : "");

    /// <inheritdoc/>
    public override bool MayBeShared => false;

    /// <summary>Copy of the chain with some of its results, without the instructions that only the others need.</summary>
    public PointwiseChain With(ImmutableArray<PointwiseResult> results)
    {
        int operands = OperandSpaces.Length;
        bool[] needed = new bool[operands + Instructions.Length];
        foreach (PointwiseResult result in results)
        {
            needed[result.Register] = true;
        }

        for (int i = Instructions.Length - 1; i >= 0; i--)
        {
            foreach (int operand in needed[operands + i] ? Instructions[i].Operands : [])
            {
                needed[operand] = true;
            }
        }

        int[] moved = [.. Enumerable.Range(0, needed.Length)];
        List<PointwiseInstruction> kept = [];
        for (int i = 0; i < Instructions.Length; i++)
        {
            if (needed[operands + i])
            {
                moved[operands + i] = operands + kept.Count;
                kept.Add(Instructions[i] with { Operands = [.. Instructions[i].Operands.Select(operand => moved[operand])] });
            }
        }

        return this with
        {
            Instructions = [.. kept],
            Results = [.. results.Select(result => result with { Register = moved[result.Register] })],
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, OperandSpaces.Length);
        for (int i = 0; i < inputs.Count; i++)
        {
            (Shape operand, Shape space) = (inputs[i].Shape, OperandSpaces[i]);
            Require(
                space.Elements == Space.Elements && space.Last == Space.Last && Shape.Broadcast(operand, space).Equals(space),
                () => $"operand {operand} does not broadcast over {space} into the space {Space}");
        }

        for (int i = 0; i < Instructions.Length; i++)
        {
            PointwiseInstruction instruction = Instructions[i];
            int register = OperandSpaces.Length + i;
            int operands = instruction.Operation switch
            {
                Where => 3,
                Binary => 2,
                Unary or ActivationDerivative or Power or BroadcastTo => 1,
                _ => -1,
            };
            Require(
                instruction.Operands.Length == operands && instruction.Operands.All(operand => operand >= 0 && operand < register),
                () => $"instruction {InWords(instruction, i)} is not one of registers before it");
        }

        foreach (PointwiseResult result in Results)
        {
            Require(
                result.Register >= 0 && result.Register < OperandSpaces.Length + Instructions.Length
                && result.Shape.Elements == (result.ColumnSum ? Space.Last : Space.Elements) && result.Shape.Last == Space.Last,
                () => $"a result of shape {result.Shape} in register {result.Register} does not fit the space {Space}");
        }

        return [.. Results.Select(result => new TensorType(result.Shape))];
    }

    private static string InWords(PointwiseResult result) => $"{(result.ColumnSum ? "sum of columns of" : "give")} r{result.Register}";

    private string InWords(PointwiseInstruction instruction, int index) =>
        $"r{OperandSpaces.Length + index} = {instruction.Operation.Name} "
        + (instruction.Operation is Power power ? $"{power.Details} " : "")
        + string.Join(", ", instruction.Operands.Select(operand => $"r{operand}"));
}
