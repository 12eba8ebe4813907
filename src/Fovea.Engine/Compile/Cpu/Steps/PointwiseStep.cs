using System.Diagnostics.CodeAnalysis;
using Fovea.Engine.Compile.Memory;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>A chain of element-wise operations in one pass over memory, and the column sums that read it.</summary>
internal sealed unsafe class PointwiseStep : Step
{
    private readonly PointwiseProgram _program;
    private readonly PlannedBuffer? _partials;

    /// <summary>Translates the chain.</summary>
    [SetsRequiredMembers]
    public PointwiseStep(Node node, PlanBuilder builder)
    {
        (Node, Reads, Writes) = Lowering.Operands(node, builder);
        _program = Translate(node, (PointwiseChain)node.Operation);
        if (_program.PartialsFloats > 0)
        {
            _partials = Temporary(_program.PartialsFloats, builder);
        }
    }

    /// <inheritdoc/>
    public override bool InPlace => true;

    /// <inheritdoc/>
    public override int Phases => _program.MergeParts > 0 ? 2 : 1;

    /// <inheritdoc/>
    public override long ScratchFloats => _program.ScratchFloats;

    /// <inheritdoc/>
    public override int Parts(int phase) => phase == 0 ? _program.Parts : _program.MergeParts;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        float** outputs = stackalloc float*[Writes.Count];
        for (int i = 0; i < Writes.Count; i++)
        {
            outputs[i] = Writes[i].Floats;
        }

        float* partials = _partials is null ? null : _partials.Floats;
        if (phase == 1)
        {
            _program.Merge(partials, outputs, first, last);
            return;
        }

        float** inputs = stackalloc float*[Reads.Count];
        for (int i = 0; i < Reads.Count; i++)
        {
            inputs[i] = Reads[i].Floats;
        }

        _program.Run(inputs, outputs, partials, first, last, ScratchOf(worker));
    }

    private static PointwiseProgram Translate(Node node, PointwiseChain chain)
    {
        PointwiseInput[] inputs = [.. node.Inputs.Select((input, i) => Broadcast(input.Shape, chain.OperandSpaces[i]))];
        List<Kernels.PointwiseInstruction> instructions =
            [.. chain.Instructions.Select((instruction, i) => Translate(instruction, node.Inputs.Length + i, node))];
        PointwiseOutput[] outputs = [.. chain.Results.Select(result => new PointwiseOutput(result.Register, result.ColumnSum))];
        JoinMultiplyAdds(instructions, outputs);
        return new PointwiseProgram(chain.Space.Elements / chain.Space.Last, chain.Space.Last, inputs, [.. instructions], outputs);
    }

    /// <summary>A product that only a sum reads is one instruction with it.</summary>
    private static void JoinMultiplyAdds(List<Kernels.PointwiseInstruction> instructions, PointwiseOutput[] outputs)
    {
        for (int i = 0; i < instructions.Count; i++)
        {
            Kernels.PointwiseInstruction product = instructions[i];
            int register = product.Destination;
            if (product.Opcode != PointwiseOpcode.Multiply
                || Array.Exists(outputs, output => output.Register == register)
                || instructions.FindAll(other => other.Reads(register)) is not [{ Opcode: PointwiseOpcode.Add } sum]
                || sum.A == sum.B)
            {
                continue;
            }

            instructions[instructions.IndexOf(sum)] = new(
                PointwiseOpcode.MultiplyAdd, sum.Destination, product.A, product.B, sum.A == register ? sum.B : sum.A);
            instructions.RemoveAt(i--);
        }
    }

    private static PointwiseInput Broadcast(Shape operand, Shape space)
    {
        if (operand.Elements == space.Elements)
        {
            return PointwiseInput.Full;
        }

        if (operand.Elements == 1)
        {
            return PointwiseInput.Scalar;
        }

        if (operand.Elements == space.Last && operand.Last == space.Last)
        {
            return PointwiseInput.Column;
        }

        long[] own = operand.Strides();
        long[] strides = new long[space.Rank];
        int missing = space.Rank - operand.Rank;
        for (int axis = missing; axis < space.Rank; axis++)
        {
            strides[axis] = operand[axis - missing] == 1 ? 0 : own[axis - missing];
        }

        return PointwiseInput.General([.. space.Select(extent => (long)extent)], strides);
    }

    private static Kernels.PointwiseInstruction Translate(Graph.Operations.PointwiseInstruction instruction, int destination, Node node)
    {
        int a = instruction.Operands[0];
        if (instruction.Operation is Binary binary)
        {
            int b = instruction.Operands[1];
            if (binary.Kind is BinaryKind.Add or BinaryKind.Multiply)
            {
                PointwiseOpcode opcode = binary.Kind == BinaryKind.Add ? PointwiseOpcode.AddScalar : PointwiseOpcode.MultiplyScalar;
                if (Number(node, b) is float right)
                {
                    return new(opcode, destination, a, Immediate: right);
                }

                if (Number(node, a) is float left)
                {
                    return new(opcode, destination, b, Immediate: left);
                }
            }

            return new(Enum.Parse<PointwiseOpcode>(binary.Kind.ToString()), destination, a, b);
        }

        if (instruction.Operation is Where)
        {
            return new(PointwiseOpcode.Select, destination, a, instruction.Operands[1], instruction.Operands[2]);
        }

        if (instruction.Operation is Power power)
        {
            return new(PointwiseOpcode.Power, destination, a, Immediate: power.Exponent);
        }

        return new(instruction.Operation is Unary unary ? Enum.Parse<PointwiseOpcode>(unary.Kind.ToString()) : PointwiseOpcode.Copy, destination, a);
    }

    /// <summary>The number behind a register that is a constant scalar operand of the chain.</summary>
    private static float? Number(Node node, int register) =>
        register < node.Inputs.Length && node.Inputs[register].Producer.Operation is Constant constant && constant.Shape.Elements == 1 ? constant.Number : null;
}
