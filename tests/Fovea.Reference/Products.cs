namespace Fovea.Reference;

/// <summary>Matrix products, and the epilogue that products and convolutions share.</summary>
internal static class Products
{
    /// <summary>
    /// left (…, M, K) · right (…, K, N), either stored transposed; a right operand of two axes is the same for all leading axes.
    /// </summary>
    public static void MatMul(NodeRun run)
    {
        MatMul product = (MatMul)run.Node.Operation;
        (float[] left, float[] right) = (run.In(0), run.In(1));
        Shape result = run.OutShape();
        int rows = result[-2];
        int columns = result[-1];
        int depth = run.InShape(0)[product.TransposeLeft ? -2 : -1];
        bool shared = run.InShape(1).Rank == 2;
        (int leftRow, int leftDepth) = product.TransposeLeft ? (1, rows) : (depth, 1);
        (int rightColumn, int rightDepth) = product.TransposeRight ? (depth, 1) : (1, columns);
        double[] sums = new double[result.Elements];
        for (int i = 0; i < sums.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, columns);
            (int batch, row) = Math.DivRem(row, rows);
            int a = (batch * rows * depth) + (row * leftRow);
            int b = (shared ? 0 : batch * columns * depth) + (column * rightColumn);
            sums[i] = Dot(left, a, leftDepth, right, b, rightDepth, depth);
        }

        Finish(run, product.Epilogue, sums);
    }

    /// <summary>
    /// Sum of products of elements that lie at fixed distances, in four partial sums so that one addition need not wait for the last.
    /// </summary>
    public static double Dot(float[] left, int leftStart, int leftStride, float[] right, int rightStart, int rightStride, int count)
    {
        (double a, double b, double c, double d) = (0, 0, 0, 0);
        int k = 0;
        for (; k + 3 < count; k += 4)
        {
            a += (double)left[leftStart + (k * leftStride)] * right[rightStart + (k * rightStride)];
            b += (double)left[leftStart + ((k + 1) * leftStride)] * right[rightStart + ((k + 1) * rightStride)];
            c += (double)left[leftStart + ((k + 2) * leftStride)] * right[rightStart + ((k + 2) * rightStride)];
            d += (double)left[leftStart + ((k + 3) * leftStride)] * right[rightStart + ((k + 3) * rightStride)];
        }

        for (; k < count; k++)
        {
            a += (double)left[leftStart + (k * leftStride)] * right[rightStart + (k * rightStride)];
        }

        return a + b + c + d;
    }

    /// <summary>Does to the bare result what the epilogue says, and rounds it.</summary>
    public static void Finish(NodeRun run, Epilogue epilogue, double[] sums)
    {
        int next = 2;
        float[]? bias = epilogue.Bias ? run.In(next++) : null;
        float[]? residualBefore = epilogue.ResidualBefore ? run.In(next++) : null;
        float[]? scale = epilogue.Scale ? run.In(next++) : null;
        float[]? shift = epilogue.Shift ? run.In(next++) : null;
        float[]? residualAfter = epilogue.ResidualAfter ? run.In(next) : null;
        float[] result = run.Out();
        int columns = run.OutShape().Last;
        for (int i = 0; i < sums.Length; i++)
        {
            double x = sums[i] + (bias?[i % columns] ?? 0) + (residualBefore?[i] ?? 0);
            x = epilogue.Activation is UnaryKind activation ? Pointwise.Function(activation, x) : x;
            result[i] = (float)((x * (scale?[i % columns] ?? 1)) + (shift?[i % columns] ?? 0) + (residualAfter?[i] ?? 0));
        }
    }
}
