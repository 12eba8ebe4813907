namespace Fovea.Engine.Kernels;

/// <summary>
/// Resampling along one axis as a sparse matrix: for each output position the input positions it reads (its taps) and their weights, in
/// ascending order. Built once, when a plan is compiled, and read by <see cref="ResizeKernel"/>; its <see cref="Transpose"/> is what the
/// gradient reads. Weights are computed in double precision; taps that clamp to the same position are one tap, and taps of weight zero are
/// left out.
/// </summary>
internal sealed class ResizeTable
{
    private const double CubicA = -0.75;

    private ResizeTable(int inputLength, List<SortedDictionary<int, double>> rows)
    {
        InputLength = inputLength;
        OutputLength = rows.Count;
        Starts = new int[OutputLength + 1];
        for (int output = 0; output < OutputLength; output++)
        {
            Starts[output + 1] = Starts[output] + rows[output].Count;
        }

        Sources = [.. rows.SelectMany(row => row.Keys)];
        Weights = [.. rows.SelectMany(row => row.Values).Select(weight => (float)weight)];
    }

    /// <summary>Positions of the axis that is read.</summary>
    public int InputLength { get; }

    /// <summary>Positions of the axis that is written.</summary>
    public int OutputLength { get; }

    /// <summary>
    /// The taps of output position i are those numbered from Starts[i] to Starts[i + 1] − 1; there may be none in a transposed table.
    /// </summary>
    public int[] Starts { get; }

    /// <summary>The input position of each tap.</summary>
    public int[] Sources { get; }

    /// <summary>The weight of each tap.</summary>
    public float[] Weights { get; }

    /// <summary>One tap: position ⌊target·step⌋, where the step is in/out or 1/scale.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1.</exception>
    public static ResizeTable Nearest(int inputLength, int outputLength, double? scale = null) =>
        Create(inputLength, outputLength, output => scale is double factor
            ? [((int)MathF.Floor((float)(output / factor)), 1)]
            : [((int)((long)output * inputLength / outputLength), 1)]);

    /// <summary>The mean over the positions from ⌊target·in/out⌋ up to but without ⌈(target + 1)·in/out⌉.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1.</exception>
    public static ResizeTable Area(int inputLength, int outputLength) =>
        Create(inputLength, outputLength, output =>
        {
            int first = (int)((long)output * inputLength / outputLength);
            int end = (int)((((long)(output + 1) * inputLength) + outputLength - 1) / outputLength);
            return [.. Enumerable.Range(first, end - first).Select(source => (source, 1.0 / (end - first)))];
        });

    /// <summary>
    /// Linear interpolation: two taps, with sources in front of the first position moved onto it.
    /// Source = (target + ½)·step − ½, where the step is in/out or 1/scale, or target·(in − 1)/(out − 1) with aligned corners (0 where
    /// out = 1). As in PyTorch, an axis that keeps its length is left as it is, whatever the scale.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1.</exception>
    public static ResizeTable Bilinear(int inputLength, int outputLength, bool alignCorners, double? scale = null) =>
        Create(inputLength, outputLength, output =>
        {
            double source = outputLength == inputLength
                ? output
                : Math.Max(0, Source(output, inputLength, outputLength, alignCorners, scale));
            int first = Math.Min((int)source, inputLength - 1);
            double weight = Math.Min(source - first, 1);
            return [(first, 1 - weight), (first + 1, weight)];
        });

    /// <summary>
    /// Cubic convolution with a = −0.75 (Keys, 1981): four taps, those outside clamped to the border. Sources as for
    /// <see cref="Bilinear"/>, but not moved.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1.</exception>
    public static ResizeTable Bicubic(int inputLength, int outputLength, bool alignCorners, double? scale = null) =>
        Create(inputLength, outputLength, output =>
        {
            double source = Source(output, inputLength, outputLength, alignCorners, scale);
            int first = (int)Math.Floor(source);
            double weight = source - first;
            return [(first - 1, Far(1 + weight)), (first, Near(weight)), (first + 1, Near(1 - weight)), (first + 2, Far(2 - weight))];
        });

    /// <summary>The transposed matrix: for each input position the output positions that read it, with the same weights.</summary>
    public ResizeTable Transpose()
    {
        List<SortedDictionary<int, double>> rows = [.. Enumerable.Range(0, InputLength).Select(_ => new SortedDictionary<int, double>())];
        for (int output = 0; output < OutputLength; output++)
        {
            for (int tap = Starts[output]; tap < Starts[output + 1]; tap++)
            {
                rows[Sources[tap]].Add(output, Weights[tap]);
            }
        }

        return new ResizeTable(OutputLength, rows);
    }

    private static ResizeTable Create(int inputLength, int outputLength, Func<int, (int Source, double Weight)[]> taps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputLength, 1);
        List<SortedDictionary<int, double>> rows = [];
        for (int output = 0; output < outputLength; output++)
        {
            SortedDictionary<int, double> row = [];
            foreach ((int source, double weight) in taps(output))
            {
                int clamped = Math.Clamp(source, 0, inputLength - 1);
                row[clamped] = row.GetValueOrDefault(clamped) + weight;
            }

            foreach (int source in row.Keys.Where(source => row[source] == 0).ToList())
            {
                row.Remove(source);
            }

            rows.Add(row);
        }

        return new ResizeTable(inputLength, rows);
    }

    private static double Source(int output, int inputLength, int outputLength, bool alignCorners, double? scale) =>
        scale is double factor ? (output + 0.5) / factor - 0.5
        : !alignCorners ? (output + 0.5) * inputLength / outputLength - 0.5
        : outputLength == 1 ? 0
        : (double)output * (inputLength - 1) / (outputLength - 1);

    // The cubic at distances below 1 and between 1 and 2.
    private static double Near(double x) => ((CubicA + 2) * x - (CubicA + 3)) * x * x + 1;

    private static double Far(double x) => ((CubicA * x - 5 * CubicA) * x + 8 * CubicA) * x - 4 * CubicA;
}
