namespace Fovea.Reference;

/// <summary>Resizing of maps (N, H, W, C): every result is a sum of taps along rows times taps along columns.</summary>
internal static class Resampling
{
    // The parameter of cubic convolution (Keys, 1981).
    private const double A = -0.75;

    /// <summary>Resizing itself.</summary>
    public static void Forward(NodeRun run)
    {
        float[] map = run.In(0);
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int input, int output, double weight) in Taps((Resize)run.Node.Operation, run.InShape(0), run.OutShape()))
        {
            sums[output] += weight * map[input];
        }

        Rounding.Store(sums, run.Out());
    }

    /// <summary>Each result's gradient goes to the pixels it was a sum of, with the same weights.</summary>
    public static void Gradient(NodeRun run)
    {
        float[] upstream = run.In(0);
        Resize resize = ((ResizeGradient)run.Node.Operation).Forward;
        double[] sums = new double[run.OutShape().Elements];
        foreach ((int input, int output, double weight) in Taps(resize, run.OutShape(), run.InShape(0)))
        {
            sums[input] += weight * upstream[output];
        }

        Rounding.Store(sums, run.Out());
    }

    private static IEnumerable<(int Input, int Output, double Weight)> Taps(Resize resize, Shape map, Shape result)
    {
        for (int i = 0; i < result.Elements; i++)
        {
            (int pixel, int channel) = Math.DivRem(i, result[3]);
            (int line, int column) = Math.DivRem(pixel, result[2]);
            (int image, int row) = Math.DivRem(line, result[1]);
            foreach ((int y, double rowWeight) in AxisTaps(resize, row, map[1], result[1], resize.Scale?.Rows))
            {
                foreach ((int x, double columnWeight) in AxisTaps(resize, column, map[2], result[2], resize.Scale?.Columns))
                {
                    yield return ((((((image * map[1]) + y) * map[2]) + x) * map[3]) + channel, i, rowWeight * columnWeight);
                }
            }
        }
    }

    /// <summary>The positions along one axis that a result reads, clamped to the border, and their weights.</summary>
    private static (int Position, double Weight)[] AxisTaps(Resize resize, int target, int input, int output, double? scale)
    {
        // Linear interpolation leaves an axis alone that keeps its length.
        bool isKept = resize.Interpolation == Interpolation.Bilinear && output == input;
        double factor = scale is double given && !isKept ? given : (double)output / input;
        if (resize.Interpolation == Interpolation.Area)
        {
            // A position belongs to the bin where any of it lies between the bin's ends.
            int[] bin = [.. Enumerable.Range(0, input).Where(p => (p + 1) * output > target * input && p * output < (target + 1) * input)];
            return [.. bin.Select(position => (position, 1.0 / bin.Length))];
        }

        if (resize.Interpolation == Interpolation.Nearest)
        {
            return [(Math.Min((int)Math.Floor((target / factor) + 1e-9), input - 1), 1)];
        }

        double source = !resize.AlignCorners ? ((target + 0.5) / factor) - 0.5
            : output == 1 ? 0
            : (double)target * (input - 1) / (output - 1);
        int first = (int)Math.Floor(source);
        int reach = resize.Interpolation == Interpolation.Bilinear ? 1 : 2;
        return
        [
            .. Enumerable.Range(first - reach + 1, 2 * reach).Select(position =>
                (Math.Clamp(position, 0, input - 1), Weight(resize.Interpolation, Math.Abs(source - position)))),
        ];
    }

    /// <summary>The interpolating function at a distance in pixels.</summary>
    private static double Weight(Interpolation interpolation, double distance) => interpolation switch
    {
        Interpolation.Bilinear => 1 - distance,
        Interpolation.Bicubic when distance <= 1 => ((A + 2) * Math.Pow(distance, 3)) - ((A + 3) * distance * distance) + 1,
        Interpolation.Bicubic => (A * Math.Pow(distance, 3)) - (5 * A * distance * distance) + (8 * A * distance) - (4 * A),
        _ => throw new NotSupportedException($"The reference executor has no definition of the interpolation {interpolation}."),
    };
}
