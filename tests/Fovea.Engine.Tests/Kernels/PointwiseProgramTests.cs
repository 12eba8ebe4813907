using Fovea.Engine.Kernels;
using static Fovea.Engine.Kernels.PointwiseOpcode;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class PointwiseProgramTests
{
    private static readonly (int Rows, int Columns)[] _shapes =
    [
        (1, 1), (1, 5), (7, 1), (3, 3), (400, 3), (37, 36), (200, 64), (33, 147), (9, 1000), (5, 1024), (4, 1025), (70, 2500), (3000, 8),
        (12289, 1),
    ];

    private static void Run(PointwiseProgram program, GuardedMemory[] inputs, GuardedMemory[] outputs, (int First, int Last)[] groups)
    {
        using GuardedMemory partials = new(program.PartialsFloats, float.NaN);
        float** inputPointers = stackalloc float*[inputs.Length + 1];
        float** outputPointers = stackalloc float*[outputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            inputPointers[i] = inputs[i].Pointer;
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            outputPointers[i] = outputs[i].Pointer;
        }

        foreach ((int first, int last) in groups)
        {
            using GuardedMemory scratch = new(program.ScratchFloats, float.NaN);
            program.Run(inputPointers, outputPointers, partials.Pointer, first, last, scratch.Pointer);
            scratch.AssertGuards();
        }

        for (int part = program.MergeParts - 1; part >= 0; part--)
        {
            program.Merge(partials.Pointer, outputPointers, part, part + 1);
        }

        partials.AssertGuards();
        foreach (GuardedMemory output in outputs)
        {
            output.AssertGuards();
        }
    }

    [Fact]
    public void A_chain_over_all_broadcasts_agrees_with_its_scalar_twin_in_the_same_bits_for_every_grouping()
    {
        // y = gelu(x·column + row)·scalar − x, z = y², sums of y and z over the rows.
        foreach ((int rows, int columns) in _shapes)
        {
            PointwiseProgram program = new(
                rows, columns,
                [PointwiseInput.Full, PointwiseInput.Column, PointwiseInput.General([rows, columns], [1, 0]), PointwiseInput.Scalar],
                [
                    new(MultiplyAdd, 4, 0, 1, 2), new(PointwiseOpcode.Gelu, 5, 4), new(Multiply, 6, 5, 3), new(Subtract, 7, 6, 0),
                    new(Square, 8, 7),
                ],
                [PointwiseOutput.Store(7), PointwiseOutput.ColumnSum(7), PointwiseOutput.Store(8), PointwiseOutput.ColumnSum(8)]);
            using GuardedMemory x = GuardedMemory.Random(rows * columns, 1), column = GuardedMemory.Random(columns, 2);
            using GuardedMemory row = GuardedMemory.Random(rows, 3), scalar = GuardedMemory.Random(1, 4);
            double[] y = new double[rows * columns];
            double[] z = new double[rows * columns];
            double[] ySum = new double[columns];
            double[] zSum = new double[columns];
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = ScalarFunctions.Gelu((double)x[i] * column[i % columns] + row[i / columns]) * scalar[0] - x[i];
                z[i] = y[i] * y[i];
                ySum[i % columns] += y[i];
                zSum[i % columns] += z[i];
            }

            int[][]? bits = null;
            foreach ((int First, int Last)[] groups in Agreement.Groupings(program.Parts))
            {
                GuardedMemory[] outputs = [new(y.Length), new(columns), new(y.Length), new(columns)];
                Run(program, [x, column, row, scalar], outputs, groups);
                string what = $"{rows}×{columns}";
                Agreement.All(outputs[0].Span, y, 2e-6, what);
                Agreement.All(outputs[1].Span, ySum, 1e-5, what);
                Agreement.All(outputs[2].Span, z, 5e-6, what);
                Agreement.All(outputs[3].Span, zSum, 1e-5, what);
                bits ??= [.. outputs.Select(output => output.Bits())];
                for (int o = 0; o < outputs.Length; o++)
                {
                    Assert.Equal(bits[o], outputs[o].Bits());
                    outputs[o].Dispose();
                }
            }
        }
    }

    public static TheoryData<string> Opcodes => new(Enum.GetNames<PointwiseOpcode>());

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Every_operation_agrees_with_its_definition_and_lets_NaN_through(string name)
    {
        PointwiseOpcode opcode = Enum.Parse<PointwiseOpcode>(name);
        const float Scalar = 1.75f;
        const int Count = 1237;
        PointwiseProgramInstruction instruction = new(opcode, 3, 0, 1, 2, Scalar);
        PointwiseProgram program = new(
            Count, 1, [PointwiseInput.Full, PointwiseInput.Full, PointwiseInput.Full], [instruction], [PointwiseOutput.Store(3)]);
        bool positive = opcode is Log or Sqrt or ReciprocalSqrt or Reciprocal or PointwiseOpcode.Power;
        using GuardedMemory a = GuardedMemory.Random(Count, 5, positive ? 0.01f : -6, 6), b = GuardedMemory.Random(Count, 6, 0.5f, 3);
        using GuardedMemory c = GuardedMemory.Random(Count, 7), y = new(Count);
        a.Span[10] = b.Span[10];
        a.Span[12] = positive ? 1 : 0;
        a.Span[11] = float.NaN;
        Run(program, [a, b, c], [y], [(0, program.Parts)]);
        Assert.Equal(opcode is not (Equal or Greater or GreaterOrEqual or Select), float.IsNaN(y[11]));
        for (int i = 12; i < Count + 10; i++)
        {
            int at = i % Count;
            double want = Define(opcode, a[at], b[at], c[at], Scalar);
            bool near = Math.Abs(y[at] - want) <= 1e-6 * Math.Max(1, Math.Abs(want));
            Assert.True(near, $"{opcode}({a[at]}, {b[at]}, {c[at]}) = {y[at]}");
        }
    }

    private static double Define(PointwiseOpcode opcode, double a, double b, double c, double s)
    {
        double sigmoid = ScalarFunctions.Sigmoid(a);
        return opcode switch
        {
            PointwiseOpcode.Copy => a,
            Add => a + b,
            Subtract => a - b,
            Multiply => a * b,
            Divide => a / b,
            Maximum => Math.Max(a, b),
            Minimum => Math.Min(a, b),
            Equal => a == b ? 1 : 0,
            Greater => a > b ? 1 : 0,
            GreaterOrEqual => a >= b ? 1 : 0,
            Gate => a > 0 ? b : 0,
            Select => a != 0 ? b : c,
            MultiplyAdd => a * b + c,
            AddScalar => a + s,
            MultiplyScalar => a * s,
            Negate => -a,
            Reciprocal => 1 / a,
            Exp => Math.Exp(a),
            Log => Math.Log(a),
            Sqrt => Math.Sqrt(a),
            ReciprocalSqrt => 1 / Math.Sqrt(a),
            Square => a * a,
            PointwiseOpcode.Gelu => ScalarFunctions.Gelu(a),
            GeluDerivative => ScalarFunctions.GeluDerivative(a),
            PointwiseOpcode.Relu => Math.Max(0, a),
            ReluDerivative => a > 0 ? 1 : 0,
            PointwiseOpcode.Silu => a * sigmoid,
            SiluDerivative => sigmoid * (1 + a * (1 - sigmoid)),
            PointwiseOpcode.Sigmoid => sigmoid,
            Tanh => Math.Tanh(a),
            Abs => Math.Abs(a),
            PointwiseOpcode.Power => Math.Pow(a, s),
            _ => throw new ArgumentOutOfRangeException(nameof(opcode)),
        };
    }

    [Fact]
    public void General_broadcasts_read_the_right_element()
    {
        long[][] shapes = [[2, 3, 5, 7], [3, 4, 4, 64], [2, 1, 9, 1], [2, 3, 3, 1100], [5, 2, 3, 2]];
        foreach (long[] shape in shapes)
        {
            int columns = (int)shape[3];
            long count = shape[0] * shape[1] * shape[2] * shape[3];
            for (int mask = 0; mask < 16; mask++)
            {
                long[] strides = new long[4];
                long length = 1;
                for (int axis = 3; axis >= 0; axis--)
                {
                    if ((mask >> axis & 1) != 0)
                    {
                        strides[axis] = length;
                        length *= shape[axis];
                    }
                }

                PointwiseProgram program = new(
                    count / columns, columns, [PointwiseInput.Full, PointwiseInput.General(shape, strides)],
                    [new(Add, 2, 0, 1)], [PointwiseOutput.Store(2), PointwiseOutput.ColumnSum(2)]);
                using GuardedMemory x = GuardedMemory.Random(count, 8), operand = GuardedMemory.Random(length, 9);
                using GuardedMemory y = new(count), sum = new(columns);
                Run(program, [x, operand], [y, sum], [(0, program.Parts)]);
                for (long i = 0; i < count; i++)
                {
                    long rest = i;
                    long at = 0;
                    for (int axis = 3; axis >= 0; axis--)
                    {
                        at += rest % shape[axis] * strides[axis];
                        rest /= shape[axis];
                    }

                    Assert.Equal(x[i] + operand[at], y[i]);
                }
            }
        }
    }

    [Fact]
    public void Outputs_may_lie_in_the_memory_of_full_inputs()
    {
        foreach ((int rows, int columns) in _shapes)
        {
            // The first result is ready before the second reads both inputs.
            PointwiseProgram program = new(
                rows, columns, [PointwiseInput.Full, PointwiseInput.Full, PointwiseInput.Column],
                [new(Add, 3, 0, 1), new(Subtract, 4, 0, 1), new(Multiply, 5, 4, 2)],
                [PointwiseOutput.Store(3), PointwiseOutput.Store(5)]);
            using GuardedMemory a = GuardedMemory.Random(rows * columns, 10), b = GuardedMemory.Random(rows * columns, 11);
            using GuardedMemory column = GuardedMemory.Random(columns, 12);
            using GuardedMemory first = a.Copy(), second = b.Copy();
            Run(program, [first, second, column], [first, second], [(0, program.Parts)]);
            for (int i = 0; i < first.Length; i++)
            {
                Assert.Equal(a[i] + b[i], first[i]);
                Assert.Equal((a[i] - b[i]) * column[i % columns], second[i]);
            }
        }
    }

    [Fact]
    public void A_program_that_reads_an_unwritten_register_is_refused()
    {
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new PointwiseProgram(4, 4, [PointwiseInput.Full], [new(Add, 1, 0, 2)], [PointwiseOutput.Store(1)]));
        Assert.Contains("register 2", error.Message);
        Assert.Throws<ArgumentException>(
            () => new PointwiseProgram(4, 4, [PointwiseInput.Full], [new(Negate, 0, 0)], [PointwiseOutput.Store(0)]));
        Assert.Throws<ArgumentException>(
            () => new PointwiseProgram(4, 4, [PointwiseInput.Full], [new(Negate, 1, 0)], [PointwiseOutput.Store(0)]));
        Assert.Throws<ArgumentException>(
            () => new PointwiseProgram(
                4, 4, [PointwiseInput.General([4, 5], [0, 1])], [new(Negate, 1, 0)], [PointwiseOutput.Store(1)]));
    }
}
