namespace Fovea.Reference;

/// <summary>
/// Dense convolution:
/// y[n, i, j, o] = Σ x[n, i·stride − padding + u·dilation, j·stride − padding + v·dilation, c] · w[o, u, v, c].
/// </summary>
internal static class Convolutions
{
    /// <summary>The convolution itself.</summary>
    public static void Forward(NodeRun run)
    {
        Convolution convolution = (Convolution)run.Node.Operation;
        (float[] map, float[] weights) = (run.In(0), run.In(1));
        int channels = run.InShape(0).Last;
        int outputs = run.OutShape().Last;
        int taps = convolution.WindowSpec.Kernel * convolution.WindowSpec.Kernel;
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int input, int output, int tap) in Windows.Of(convolution.WindowSpec, run.InShape(0), run.OutShape()))
        {
            for (int o = 0; o < outputs; o++)
            {
                sums[(output * outputs) + o] += Products.Dot(map, input * channels, 1, weights, ((o * taps) + tap) * channels, 1, channels);
            }
        }

        Products.Finish(run, convolution.Epilogue, sums);
    }

    /// <summary>dx[…, c] = Σ dy[n, i, j, o] · w[o, u, v, c] over all windows that read the pixel.</summary>
    public static void InputGradient(NodeRun run)
    {
        WindowSpec window = ((ConvolutionInputGradient)run.Node.Operation).WindowSpec;
        (float[] upstream, float[] weights) = (run.In(0), run.In(1));
        int channels = run.OutShape().Last;
        int outputs = run.InShape(0).Last;
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int input, int output, int tap) in Windows.Of(window, run.OutShape(), run.InShape(0)))
        {
            for (int o = 0; o < outputs; o++)
            {
                double factor = upstream[(output * outputs) + o];
                int weight = ((o * window.Kernel * window.Kernel) + tap) * channels;
                for (int c = 0; c < channels; c++)
                {
                    sums[(input * channels) + c] += factor * weights[weight + c];
                }
            }
        }

        Rounding.Store(sums, run.Out());
    }

    /// <summary>dw[o, u, v, c] = Σ dy[n, i, j, o] · x[…, c] over all windows.</summary>
    public static void WeightGradient(NodeRun run)
    {
        WindowSpec window = ((ConvolutionWeightGradient)run.Node.Operation).WindowSpec;
        (float[] upstream, float[] map) = (run.In(0), run.In(1));
        int channels = run.InShape(1).Last;
        int outputs = run.InShape(0).Last;
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int input, int output, int tap) in Windows.Of(window, run.InShape(1), run.InShape(0)))
        {
            for (int o = 0; o < outputs; o++)
            {
                double factor = upstream[(output * outputs) + o];
                int weight = ((o * window.Kernel * window.Kernel) + tap) * channels;
                for (int c = 0; c < channels; c++)
                {
                    sums[weight + c] += factor * map[(input * channels) + c];
                }
            }
        }

        Rounding.Store(sums, run.Out());
    }
}
