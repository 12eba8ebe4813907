using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>A chain of element-wise operations in one pass over memory, and the column sums that read it.</summary>
internal sealed unsafe class PointwiseCall : TwoPhaseCall
{
    private readonly PointwiseProgram _program;

    /// <summary>Translates the chain.</summary>
    public PointwiseCall(Node node, PlanBuilder builder)
        : base(node, builder)
    {
        _program = Translate(node, (PointwiseChain)node.Operation);
        PlanPartials(_program.PartialsFloats, builder);
    }

    /// <inheritdoc/>
    public override IEnumerable<CpuBuffer> Overwritable => Reads;

    /// <inheritdoc/>
    public override long ScratchFloats => _program.ScratchFloats;

    /// <inheritdoc/>
    protected override int ComputeParts => _program.Parts;

    /// <inheritdoc/>
    protected override int MergeParts => _program.MergeParts;

    /// <inheritdoc/>
    protected override void Compute(int first, int last, float* scratch)
    {
        float** inputs = stackalloc float*[Reads.Count];
        for (int i = 0; i < Reads.Count; i++)
        {
            inputs[i] = Reads[i].Floats;
        }

        float** outputs = stackalloc float*[Writes.Count];
        FillOutputs(outputs);
        _program.Run(inputs, outputs, Partials, first, last, scratch);
    }

    /// <inheritdoc/>
    protected override void Merge(int first, int last)
    {
        float** outputs = stackalloc float*[Writes.Count];
        FillOutputs(outputs);
        _program.Merge(Partials, outputs, first, last);
    }

    private void FillOutputs(float** outputs)
    {
        for (int i = 0; i < Writes.Count; i++)
        {
            outputs[i] = Writes[i].Floats;
        }
    }

    private static PointwiseProgram Translate(Node node, PointwiseChain chain)
    {
        PointwiseInput[] inputs = [.. node.Inputs.Select((input, i) => Broadcast(input.Shape, chain.OperandSpaces[i]))];
        List<PointwiseProgramInstruction> instructions =
            [.. chain.Instructions.Select((instruction, i) => Translate(instruction, node.Inputs.Length + i, node))];
        PointwiseOutput[] outputs = [.. chain.Results.Select(result => new PointwiseOutput(result.Register, result.ColumnSum))];
        JoinPairs(instructions, outputs);
        return new PointwiseProgram(chain.Space.Elements / chain.Space.Last, chain.Space.Last, inputs, [.. instructions], outputs);
    }

    /// <summary>
    /// A product that only a sum reads is one instruction with it, and a derivative of ReLU that only a product reads is one with that.
    /// </summary>
    private static void JoinPairs(List<PointwiseProgramInstruction> instructions, PointwiseOutput[] outputs)
    {
        for (int i = 0; i < instructions.Count; i++)
        {
            PointwiseProgramInstruction first = instructions[i];
            int register = first.Destination;
            if (first.Opcode is PointwiseOpcode.Multiply or PointwiseOpcode.ReluDerivative
                && !Array.Exists(outputs, output => output.Register == register)
                && instructions.FindAll(other => other.Reads(register)) is [PointwiseProgramInstruction second]
                && second.A != second.B
                && Join(first, second) is PointwiseProgramInstruction joined)
            {
                instructions[instructions.IndexOf(second)] = joined;
                instructions.RemoveAt(i--);
            }
        }
    }

    private static PointwiseProgramInstruction? Join(PointwiseProgramInstruction first, PointwiseProgramInstruction second)
    {
        int other = second.A == first.Destination ? second.B : second.A;
        return (first.Opcode, second.Opcode) switch
        {
            (PointwiseOpcode.Multiply, PointwiseOpcode.Add) =>
                new(PointwiseOpcode.MultiplyAdd, second.Destination, first.A, first.B, other),
            (PointwiseOpcode.ReluDerivative, PointwiseOpcode.Multiply) =>
                new(PointwiseOpcode.Gate, second.Destination, first.A, other),
            _ => null,
        };
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

    private static PointwiseProgramInstruction Translate(PointwiseInstruction instruction, int destination, Node node)
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

            return new(OpcodeOf(binary.Kind), destination, a, b);
        }

        if (instruction.Operation is Where)
        {
            return new(PointwiseOpcode.Select, destination, a, instruction.Operands[1], instruction.Operands[2]);
        }

        return instruction.Operation switch
        {
            Power power => new(PointwiseOpcode.Power, destination, a, Immediate: power.Exponent),
            Unary unary => new(OpcodeOf(unary.Kind), destination, a),
            ActivationDerivative derivative => new(DerivativeOf(derivative.Kind), destination, a),
            _ => new(PointwiseOpcode.Copy, destination, a),
        };
    }

    private static PointwiseOpcode DerivativeOf(UnaryKind kind) => kind switch
    {
        UnaryKind.Gelu => PointwiseOpcode.GeluDerivative,
        UnaryKind.Relu => PointwiseOpcode.ReluDerivative,
        UnaryKind.Silu => PointwiseOpcode.SiluDerivative,
        _ => throw new NotSupportedException($"There is no kernel for the derivative of {kind}."),
    };

    private static PointwiseOpcode OpcodeOf(BinaryKind kind) => kind switch
    {
        BinaryKind.Add => PointwiseOpcode.Add,
        BinaryKind.Subtract => PointwiseOpcode.Subtract,
        BinaryKind.Multiply => PointwiseOpcode.Multiply,
        BinaryKind.Divide => PointwiseOpcode.Divide,
        BinaryKind.Maximum => PointwiseOpcode.Maximum,
        BinaryKind.Minimum => PointwiseOpcode.Minimum,
        BinaryKind.Equal => PointwiseOpcode.Equal,
        BinaryKind.Greater => PointwiseOpcode.Greater,
        BinaryKind.GreaterOrEqual => PointwiseOpcode.GreaterOrEqual,
        _ => throw new NotSupportedException($"There is no kernel for the element-wise operation {kind}."),
    };

    private static PointwiseOpcode OpcodeOf(UnaryKind kind) => kind switch
    {
        UnaryKind.Negate => PointwiseOpcode.Negate,
        UnaryKind.Exp => PointwiseOpcode.Exp,
        UnaryKind.Log => PointwiseOpcode.Log,
        UnaryKind.Sqrt => PointwiseOpcode.Sqrt,
        UnaryKind.ReciprocalSqrt => PointwiseOpcode.ReciprocalSqrt,
        UnaryKind.Gelu => PointwiseOpcode.Gelu,
        UnaryKind.Relu => PointwiseOpcode.Relu,
        UnaryKind.Silu => PointwiseOpcode.Silu,
        UnaryKind.Sigmoid => PointwiseOpcode.Sigmoid,
        UnaryKind.Tanh => PointwiseOpcode.Tanh,
        UnaryKind.Abs => PointwiseOpcode.Abs,
        _ => throw new NotSupportedException($"There is no kernel for the element-wise operation {kind}."),
    };

    /// <summary>The number behind a register that is a constant scalar operand of the chain.</summary>
    private static float? Number(Node node, int register) =>
        register < node.Inputs.Length && node.Inputs[register].Producer.Operation is Constant constant && constant.Shape.Elements == 1
            ? constant.Number
            : null;
}
