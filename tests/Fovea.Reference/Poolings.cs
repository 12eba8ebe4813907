namespace Fovea.Reference;

/// <summary>The largest or the mean element under windows of each channel.</summary>
internal static class Poolings
{
    /// <summary>Pooling itself; padding is absent from the largest, and from a mean unless it is counted.</summary>
    public static void Forward(NodeRun run)
    {
        Pooling pooling = (Pooling)run.Node.Operation;
        float[] map = run.In(0);
        int channels = run.OutShape().Last;
        double[] joined = new double[run.OutShape().Elements];
        int[] counts = Counts(pooling, run.InShape(0), run.OutShape());
        Array.Fill(joined, pooling.Average ? 0 : double.NegativeInfinity);
        foreach ((int input, int output, _) in Windows.Of(pooling.WindowSpec, run.InShape(0), run.OutShape()))
        {
            for (int c = 0; c < channels; c++)
            {
                double x = map[(input * channels) + c];
                ref double y = ref joined[(output * channels) + c];
                y = pooling.Average ? y + (x / counts[output]) : Math.Max(y, x);
            }
        }

        Rounding.Store(joined, run.Out());
    }

    /// <summary>A mean's gradient is spread evenly over its pixels; that of the largest goes to the first of them in scan order.</summary>
    public static void Gradient(NodeRun run)
    {
        Pooling pooling = ((PoolingGradient)run.Node.Operation).Forward;
        (float[] map, float[] upstream) = (run.In(0), run.In(1));
        int channels = run.OutShape().Last;
        double[] gradient = new double[run.OutShape().Elements];
        int[] counts = Counts(pooling, run.InShape(0), run.InShape(1));
        int[] largest = new int[upstream.Length];
        Array.Fill(largest, -1);
        foreach ((int input, int output, _) in Windows.Of(pooling.WindowSpec, run.InShape(0), run.InShape(1)))
        {
            for (int c = 0; c < channels; c++)
            {
                int from = (input * channels) + c;
                int to = (output * channels) + c;
                if (pooling.Average)
                {
                    gradient[from] += (double)upstream[to] / counts[output];
                }
                else if (largest[to] < 0 || map[from] > map[largest[to]])
                {
                    largest[to] = from;
                }
            }
        }

        for (int i = 0; i < upstream.Length && !pooling.Average; i++)
        {
            gradient[largest[i]] += upstream[i];
        }

        Rounding.Store(gradient, run.Out());
    }

    /// <summary>How many pixels each window's mean divides by.</summary>
    private static int[] Counts(Pooling pooling, Shape map, Shape result)
    {
        int[] counts = new int[result.Elements / result.Last];
        foreach ((_, int output, _) in Windows.Of(pooling.WindowSpec, map, result))
        {
            counts[output]++;
        }

        return pooling.CountPadding ? [.. counts.Select(_ => pooling.WindowSpec.Kernel * pooling.WindowSpec.Kernel)] : counts;
    }
}
