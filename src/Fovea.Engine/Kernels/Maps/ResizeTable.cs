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

    /// <summary>
    /// Linear interpolation: two taps, with sources in front of the first position moved onto it.
    /// Source = (target + ½)·in/out − ½, or target·(in − 1)/(out − 1) with aligned corners (0 where out = 1).
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1.</exception>
    public static ResizeTable Bilinear(int inputLength, int outputLength, bool alignCorners) =>
        Create(inputLength, outputLength, output =>
        {
            double source = Math.Max(0, Source(output, inputLength, outputLength, alignCorners));
            int first = Math.Min((int)source, inputLength - 1);
            double weight = Math.Min(source - first, 1);
            return [(first, 1 - weight), (first + 1, weight)];
        });

    /// <summary>
    /// Cubic convolution with a = −0.75 (Keys, 1981): four taps, those outside clamped to the border. Sources as for
    /// <see cref="Bilinear"/>, but not moved.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A length is below 1.</exception>
    public static ResizeTable Bicubic(int inputLength, int outputLength, bool alignCorners) =>
        Create(inputLength, outputLength, output =>
        {
            double source = Source(output, inputLength, outputLength, alignCorners);
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

    private static double Source(int output, int inputLength, int outputLength, bool alignCorners) => alignCorners
        ? outputLength == 1 ? 0 : (double)output * (inputLength - 1) / (outputLength - 1)
        : (output + 0.5) * inputLength / outputLength - 0.5;

    // The cubic at distances below 1 and between 1 and 2.
    private static double Near(double x) => ((CubicA + 2) * x - (CubicA + 3)) * x * x + 1;

    private static double Far(double x) => ((CubicA * x - 5 * CubicA) * x + 8 * CubicA) * x - 4 * CubicA;
}
