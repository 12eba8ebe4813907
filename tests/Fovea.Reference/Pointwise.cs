namespace Fovea.Reference;

/// <summary>Functions of single elements, computed in double precision and rounded once, and broadcasting.</summary>
internal static class Pointwise
{
    /// <summary>A function of one or several elements, broadcasting.</summary>
    public static void Forward(NodeRun run)
    {
        float[][] operands = [.. run.Node.Inputs.Select((input, i) => Broadcast(run.In(i), input.Shape, run.OutShape()))];
        Apply(run.Node.Operation, operands, run.Out());
    }

    /// <summary>
    /// A chain: every instruction gives a register as large as the iteration space, rounded as if it were a node of its own.
    /// </summary>
    public static void Chain(NodeRun run)
    {
        PointwiseChain chain = (PointwiseChain)run.Node.Operation;
        List<float[]> registers = [.. run.Node.Inputs.Select((input, i) => Broadcast(run.In(i), input.Shape, chain.OperandSpaces[i]))];
        foreach (PointwiseInstruction instruction in chain.Instructions)
        {
            float[] result = new float[chain.Space.Elements];
            Apply(instruction.Operation, [.. instruction.Operands.Select(operand => registers[operand])], result);
            registers.Add(result);
        }

        for (int i = 0; i < chain.Results.Length; i++)
        {
            float[] register = registers[chain.Results[i].Register];
            (chain.Results[i].ColumnSum ? ColumnSums(register, chain.Space.Last) : register).CopyTo(run.Out(i), 0);
        }
    }

    /// <summary>A function of one number.</summary>
    public static double Function(UnaryKind kind, double x) => kind switch
    {
        UnaryKind.Negate => -x,
        UnaryKind.Exp => Math.Exp(x),
        UnaryKind.Log => Math.Log(x),
        UnaryKind.Sqrt => Math.Sqrt(x),
        UnaryKind.ReciprocalSqrt => 1 / Math.Sqrt(x),
        UnaryKind.Gelu => x * NormalDistribution(x),
        UnaryKind.Relu => Math.Max(x, 0),
        UnaryKind.Silu => x * Sigmoid(x),
        UnaryKind.Sigmoid => Sigmoid(x),
        UnaryKind.Tanh => Math.Tanh(x),
        UnaryKind.Abs => Math.Abs(x),
        _ => throw new NotSupportedException($"The reference executor has no definition of the function {kind}."),
    };

    /// <summary>The derivative of an activation.</summary>
    public static double Derivative(UnaryKind kind, double x) => kind switch
    {
        UnaryKind.Gelu => NormalDistribution(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI)),
        UnaryKind.Relu => x > 0 ? 1 : 0,
        UnaryKind.Silu => Sigmoid(x) * (1 + (x * (1 - Sigmoid(x)))),
        _ => throw new NotSupportedException($"The reference executor has no definition of the derivative of {kind}."),
    };

    /// <summary>A value repeated along axes where its extent is 1 or missing; itself where it has all elements already.</summary>
    public static float[] Broadcast(float[] x, Shape from, Shape to)
    {
        if (from.Elements == to.Elements)
        {
            return x;
        }

        // Strides of 0 stay in place along axes that are repeated.
        long[] own = from.Strides();
        int missing = to.Rank - from.Rank;
        long[] strides = [.. to.Select((_, axis) => axis < missing || from[axis - missing] == 1 ? 0 : own[axis - missing])];
        float[] result = new float[to.Elements];
        int run = to.Last;
        for (int start = 0; start < result.Length; start += run)
        {
            // Where the run along the last axis begins in the operand.
            int source = 0;
            int rest = start / run;
            for (int axis = to.Rank - 2; axis >= 0; axis--)
            {
                (rest, int position) = Math.DivRem(rest, to[axis]);
                source += position * (int)strides[axis];
            }

            if (strides[^1] == 0)
            {
                Array.Fill(result, x[source], start, run);
            }
            else
            {
                Array.Copy(x, source, result, start, run);
            }
        }

        return result;
    }

    private static void Apply(Operation operation, float[][] operands, float[] result)
    {
        float[] x = operands[0];
        Func<int, double> element = operation switch
        {
            Unary unary => i => Function(unary.Kind, x[i]),
            ActivationDerivative derivative => i => Derivative(derivative.Kind, x[i]),
            Binary binary => i => Function(binary.Kind, x[i], operands[1][i]),
            Power power => i => Math.Pow(x[i], power.Exponent),
            Where => i => x[i] != 0 ? operands[1][i] : operands[2][i],
            BroadcastTo => i => x[i],
            _ => throw new NotSupportedException($"The reference executor has no definition of the function {operation.Name}."),
        };
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = (float)element(i);
        }
    }

    private static double Function(BinaryKind kind, double a, double b) => kind switch
    {
        BinaryKind.Add => a + b,
        BinaryKind.Subtract => a - b,
        BinaryKind.Multiply => a * b,
        BinaryKind.Divide => a / b,
        BinaryKind.Maximum => Math.Max(a, b),
        BinaryKind.Minimum => Math.Min(a, b),
        BinaryKind.Equal => a == b ? 1 : 0,
        BinaryKind.Greater => a > b ? 1 : 0,
        BinaryKind.GreaterOrEqual => a >= b ? 1 : 0,
        _ => throw new NotSupportedException($"The reference executor has no definition of the function {kind}."),
    };

    private static float[] ColumnSums(float[] x, int columns)
    {
        double[] sums = new double[columns];
        for (int i = 0; i < x.Length; i++)
        {
            sums[i % columns] += x[i];
        }

        return [.. sums.Select(sum => (float)sum)];
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    /// <summary>
    /// Φ(x) = ½ + φ(x)·(x + x³/3 + x⁵/(3·5) + …), whose terms all have the sign of x; beyond 9 it is 0 or 1 in double precision.
    /// </summary>
    private static double NormalDistribution(double x)
    {
        if (Math.Abs(x) > 9)
        {
            return x > 0 ? 1 : 0;
        }

        double sum = 0;
        double term = x;
        for (int n = 3; Math.Abs(term) > 1e-17 * Math.Abs(sum); n += 2)
        {
            sum += term;
            term *= x * x / n;
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
