namespace Fovea.Reference;

/// <summary>Convolution of each channel by itself: y[n, i, j, c] = Σ x[n, …, …, c] · w[u, v, c].</summary>
internal static class Depthwise
{
    /// <summary>The convolution itself.</summary>
    public static void Forward(NodeRun run)
    {
        DepthwiseConvolution convolution = (DepthwiseConvolution)run.Node.Operation;
        (float[] map, float[] weights) = (run.In(0), run.In(1));
        int channels = run.OutShape().Last;
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int input, int output, int tap) in Windows.Of(convolution.WindowSpec, run.InShape(0), run.OutShape()))
        {
            for (int c = 0; c < channels; c++)
            {
                sums[(output * channels) + c] += (double)map[(input * channels) + c] * weights[(tap * channels) + c];
            }
        }

        Products.Finish(run, convolution.Epilogue, sums);
    }

    /// <summary>dx[…, c] = Σ dy[n, i, j, c] · w[u, v, c] over all windows that read the pixel.</summary>
    public static void InputGradient(NodeRun run)
    {
        WindowSpec window = ((DepthwiseInputGradient)run.Node.Operation).WindowSpec;
        (float[] upstream, float[] weights) = (run.In(0), run.In(1));
        int channels = run.OutShape().Last;
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int input, int output, int tap) in Windows.Of(window, run.OutShape(), run.InShape(0)))
        {
            for (int c = 0; c < channels; c++)
            {
                sums[(input * channels) + c] += (double)upstream[(output * channels) + c] * weights[(tap * channels) + c];
            }
        }

        Rounding.Store(sums, run.Out());
    }

    /// <summary>dw[u, v, c] = Σ dy[n, i, j, c] · x[…, c] over all windows.</summary>
    public static void WeightGradient(NodeRun run)
    {
        WindowSpec window = ((DepthwiseWeightGradient)run.Node.Operation).WindowSpec;
        (float[] upstream, float[] map) = (run.In(0), run.In(1));
        int channels = run.InShape(1).Last;
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int input, int output, int tap) in Windows.Of(window, run.InShape(1), run.InShape(0)))
        {
            for (int c = 0; c < channels; c++)
            {
                sums[(tap * channels) + c] += (double)upstream[(output * channels) + c] * map[(input * channels) + c];
            }
        }

        Rounding.Store(sums, run.Out());
    }
}
