namespace Fovea.Reference;

/// <summary>Normalisations and their gradients.</summary>
internal static class Normalizations
{
    /// <summary>(x − mean)/√(variance + ε)·weight + bias for each row, and each row's mean and 1/√(variance + ε).</summary>
    public static void Layer(NodeRun run)
    {
        float epsilon = ((LayerNormalization)run.Node.Operation).Epsilon;
        (float[] x, float[] weight, float[] bias) = (run.In(0), run.In(1), run.In(2));
        int columns = run.InShape(0).Last;
        for (int row = 0; row < x.Length / columns; row++)
        {
            int start = row * columns;
            double mean = 0;
            for (int c = 0; c < columns; c++)
            {
                mean += (double)x[start + c] / columns;
            }

            double variance = 0;
            for (int c = 0; c < columns; c++)
            {
                variance += (x[start + c] - mean) * (x[start + c] - mean) / columns;
            }

            double factor = 1 / Math.Sqrt(variance + epsilon);
            (run.Out(1)[row], run.Out(2)[row]) = ((float)mean, (float)factor);
            for (int c = 0; c < columns; c++)
            {
                run.Out()[start + c] = (float)(((x[start + c] - mean) * factor * weight[c]) + bias[c]);
            }
        }
    }

    /// <summary>
    /// With x̂ = (x − mean)·factor and g = dy·weight:
    /// dx = factor·(g − mean of g − x̂·mean of g·x̂), dweight = Σ dy·x̂, dbias = Σ dy.
    /// </summary>
    public static void LayerGradient(NodeRun run)
    {
        (float[] x, float[] weight, float[] upstream) = (run.In(0), run.In(1), run.In(4));
        (float[] means, float[] factors) = (run.In(2), run.In(3));
        int columns = run.InShape(0).Last;
        double[] weightGradient = new double[columns];
        double[] biasGradient = new double[columns];
        for (int row = 0; row < x.Length / columns; row++)
        {
            int start = row * columns;
            double Normal(int c) => ((double)x[start + c] - means[row]) * factors[row];
            double mean = 0;
            double slope = 0;
            for (int c = 0; c < columns; c++)
            {
                double dy = upstream[start + c];
                weightGradient[c] += dy * Normal(c);
                biasGradient[c] += dy;
                mean += dy * weight[c] / columns;
                slope += dy * weight[c] * Normal(c) / columns;
            }

            for (int c = 0; c < columns; c++)
            {
                run.Out()[start + c] = (float)(factors[row] * (((double)upstream[start + c] * weight[c]) - mean - (Normal(c) * slope)));
            }
        }

        Rounding.Store(weightGradient, run.Out(1));
        Rounding.Store(biasGradient, run.Out(2));
    }

    /// <summary>Mean and biased variance of each channel over all other axes.</summary>
    public static void BatchStatistics(NodeRun run)
    {
        float[] x = run.In(0);
        int columns = run.InShape(0).Last;
        int rows = x.Length / columns;
        for (int c = 0; c < columns; c++)
        {
            double mean = 0;
            for (int row = 0; row < rows; row++)
            {
                mean += (double)x[(row * columns) + c] / rows;
            }

            double variance = 0;
            for (int row = 0; row < rows; row++)
            {
                double distance = x[(row * columns) + c] - mean;
                variance += distance * distance / rows;
            }

            (run.Out(0)[c], run.Out(1)[c]) = ((float)mean, (float)variance);
        }
    }

    /// <summary>e^x / Σ e^x over the last axis.</summary>
    public static void Softmax(NodeRun run)
    {
        float[] x = run.In(0);
        int columns = run.InShape(0).Last;
        for (int start = 0; start < x.Length; start += columns)
        {
            double[] probabilities = Losses.Probabilities(x.AsSpan(start, columns));
            Rounding.Store(probabilities, run.Out(), start);
        }
    }

    /// <summary>x − log Σ e^x over the last axis.</summary>
    public static void LogSoftmax(NodeRun run)
    {
        float[] x = run.In(0);
        int columns = run.InShape(0).Last;
        for (int start = 0; start < x.Length; start += columns)
        {
            double logSum = Losses.LogSum(x.AsSpan(start, columns));
            for (int i = start; i < start + columns; i++)
            {
                run.Out()[i] = (float)(x[i] - logSum);
            }
        }
    }

    /// <summary>With the result y: dx = y·(dy − Σ y·dy).</summary>
    public static void SoftmaxGradient(NodeRun run)
    {
        (float[] y, float[] upstream) = (run.In(0), run.In(1));
        int columns = run.InShape(0).Last;
        for (int start = 0; start < y.Length; start += columns)
        {
            double sum = 0;
            for (int i = start; i < start + columns; i++)
            {
                sum += (double)y[i] * upstream[i];
            }

            for (int i = start; i < start + columns; i++)
            {
                run.Out()[i] = (float)(y[i] * (upstream[i] - sum));
            }
        }
    }
}
