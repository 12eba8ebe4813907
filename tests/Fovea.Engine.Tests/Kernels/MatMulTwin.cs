using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

/// <summary>Plain scalar twins, in double precision, of the product and its epilogue.</summary>
internal static unsafe class MatMulTwin
{
    public static double[] Multiply(
        float* left, nint leftRow, nint leftDepth, float* right, nint rightDepth, nint rightColumn, int rows, int columns, int depth)
    {
        double[] result = new double[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                double sum = 0.0;
                for (int k = 0; k < depth; k++)
                {
                    sum += (double)left[i * leftRow + k * leftDepth] * right[k * rightDepth + j * rightColumn];
                }

                result[i * columns + j] = sum;
            }
        }

        return result;
    }

    public static void Finish(double[] values, int columns, nint stride, in EpilogueArguments epilogue)
    {
        for (int i = 0; i < values.Length; i++)
        {
            int column = i % columns;
            nint offset = i / columns * stride + column;
            double value = values[i];
            value += epilogue.Bias == null ? 0 : epilogue.Bias[column];
            value += epilogue.ResidualBefore == null ? 0 : epilogue.ResidualBefore[offset];
            value = Activate(value, epilogue.Activation);
            value *= epilogue.Scale == null ? 1 : epilogue.Scale[column];
            value += epilogue.Shift == null ? 0 : epilogue.Shift[column];
            value += epilogue.ResidualAfter == null ? 0 : epilogue.ResidualAfter[offset];
            values[i] = value;
        }
    }

    /// <summary>Compares a strided result with the twin's compact one.</summary>
    public static void AssertClose(double[] expected, float* actual, int columns, nint stride, int depth, string what)
    {
        double tolerance = 1e-6 * Math.Sqrt(depth) + 2e-6;
        for (int i = 0; i < expected.Length; i++)
        {
            float value = actual[i / columns * stride + i % columns];
            double error = Math.Abs(value - expected[i]);
            Assert.True(
                error <= tolerance * Math.Max(1, Math.Abs(expected[i])),
                $"{what}: element ({i / columns}, {i % columns}) is {value}, not {expected[i]}.");
        }
    }

    private static double Activate(double x, ActivationKind kind) => kind switch
    {
        ActivationKind.Gelu => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))),
        ActivationKind.Relu => Math.Max(x, 0),
        ActivationKind.Silu => x / (1 + Math.Exp(-x)),
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-x)),
        _ => x,
    };

    // The Maclaurin series of the error function, ample for the arguments of these tests.
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 5)
        {
            return Math.Sign(x);
        }

        double term = x;
        double sum = x;
        for (int n = 1; n < 120; n++)
        {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }

        return 2 / Math.Sqrt(Math.PI) * sum;
    }
}
