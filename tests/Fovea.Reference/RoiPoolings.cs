namespace Fovea.Reference;

/// <summary>Means of bilinear samples in the bins of regions of interest.</summary>
internal static class RoiPoolings
{
    /// <summary>RoIAlign itself.</summary>
    public static void Forward(NodeRun run)
    {
        RoiAlign pooling = (RoiAlign)run.Node.Operation;
        int levels = pooling.Scales.Count;
        Shape[] maps = [.. Enumerable.Range(0, levels).Select(run.InShape)];
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int level, int input, int output, double weight) in Taps(pooling, maps, run.In(levels), LevelsOf(run, levels)))
        {
            sums[output] += weight * run.In(level)[input];
        }

        Rounding.Store(sums, run.Out());
    }

    /// <summary>Each bin's gradient goes to the pixels that it was a mean of, with the same weights.</summary>
    public static void Gradient(NodeRun run)
    {
        RoiAlignGradient operation = (RoiAlignGradient)run.Node.Operation;
        double[][] sums = [.. operation.Maps.Select(map => new double[map.Elements])];
        float[] upstream = run.In(run.Inputs.Count - 1);
        foreach ((int level, int input, int output, double weight) in Taps(operation.Forward, operation.Maps, run.In(0), LevelsOf(run, 0)))
        {
            sums[level][input] += weight * upstream[output];
        }

        for (int level = 0; level < sums.Length; level++)
        {
            Rounding.Store(sums[level], run.Out(level));
        }
    }

    /// <summary>The levels of regions stand behind the regions where there are several.</summary>
    private static int[]? LevelsOf(NodeRun run, int regions) =>
        regions + 1 < run.Inputs.Count && run.Inputs[regions + 1] is int[] levels ? levels : null;

    private static IEnumerable<(int Level, int Input, int Output, double Weight)> Taps(
        RoiAlign pooling, IReadOnlyList<Shape> maps, float[] regions, int[]? chosen)
    {
        int channels = maps[0].Last;
        for (int region = 0; region < regions.Length / 5; region++)
        {
            float[] box = regions[(5 * region)..((5 * region) + 5)];
            int level = chosen is null ? 0 : chosen[region];
            if (box[0] < 0)
            {
                continue;
            }

            Shape map = maps[level];
            for (int bin = 0; bin < pooling.Height * pooling.Width; bin++)
            {
                (int row, int column) = Math.DivRem(bin, pooling.Width);
                (int, double)[] columns = [.. AxisTaps(pooling, level, box[1], box[3], column, pooling.Width, map[2])];
                foreach ((int y, double rowWeight) in AxisTaps(pooling, level, box[2], box[4], row, pooling.Height, map[1]))
                {
                    foreach ((int x, double columnWeight) in columns)
                    {
                        for (int c = 0; c < channels; c++)
                        {
                            yield return (
                                level,
                                ((((((int)box[0] * map[1]) + y) * map[2]) + x) * channels) + c,
                                (((region * pooling.Height * pooling.Width) + bin) * channels) + c,
                                rowWeight * columnWeight);
                        }
                    }
                }
            }
        }
    }

    /// <summary>The pixels along one axis that the samples of a bin lie between, and their shares in the bin's mean.</summary>
    private static IEnumerable<(int Position, double Weight)> AxisTaps(
        RoiAlign pooling, int level, double from, double to, int bin, int bins, int length)
    {
        double offset = pooling.Aligned ? 0.5 : 0;
        double start = (from * pooling.Scales[level]) - offset;
        double size = (to - from) * pooling.Scales[level];
        size = pooling.Aligned ? size : Math.Max(size, 1);
        int samples = pooling.SamplingRatio > 0 ? pooling.SamplingRatio : (int)Math.Ceiling(size / bins);
        for (int sample = 0; sample < samples; sample++)
        {
            double position = start + ((bin + ((sample + 0.5) / samples)) * size / bins);
            if (position < -1 || position > length)
            {
                continue;
            }

            position = Math.Clamp(position, 0, length - 1);
            int below = (int)position;
            yield return (below, (1 - (position - below)) / samples);
            yield return (Math.Min(below + 1, length - 1), (position - below) / samples);
        }
    }
}
