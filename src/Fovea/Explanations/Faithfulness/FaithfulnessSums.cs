namespace Fovea.Explanations;

/// <summary>Sums over images of one row of a measurement of faithfulness.</summary>
/// <param name="method">Name of the row.</param>
/// <param name="steps">Steps of the curves.</param>
internal sealed class FaithfulnessSums(string method, int steps)
{
    private readonly double[] _deletion = new double[steps + 1];
    private readonly double[] _insertion = new double[steps + 1];
    private double _differences;
    private double _squares;
    private double _sparsity;
    private double _correlation;
    private int _images;
    private int _maps;
    private int _pairs;

    /// <summary>Adds the curves of an image.</summary>
    public void Add(ReadOnlySpan<double> deletion, ReadOnlySpan<double> insertion)
    {
        for (int i = 0; i < _deletion.Length; i++)
        {
            _deletion[i] += deletion[i];
            _insertion[i] += insertion[i];
        }

        double difference = PixelCurves.Area(insertion) - PixelCurves.Area(deletion);
        _differences += difference;
        _squares += difference * difference;
        _images++;
    }

    /// <summary>Adds an image's map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="randomized">The same of a network with random weights; null where there is none.</param>
    public void Add(ReadOnlySpan<float> map, Explanation? randomized)
    {
        _sparsity += MapStatistics.Gini(map);
        _maps++;
        if (randomized is not null)
        {
            _correlation += MapStatistics.RankCorrelation(map, randomized.Values.Span);
            _pairs++;
        }
    }

    /// <summary>Means over the images.</summary>
    public MethodFaithfulness ToResult()
    {
        double mean = _differences / _images;
        double variance = _images > 1 ? Math.Max(0, (_squares / _images) - (mean * mean)) * _images / (_images - 1) : 0;
        return new MethodFaithfulness(method)
        {
            DeletionCurve = [.. _deletion.Select(sum => sum / _images)],
            InsertionCurve = [.. _insertion.Select(sum => sum / _images)],
            StandardError = Math.Sqrt(variance / _images),
            Sparsity = _maps > 0 ? _sparsity / _maps : null,
            RandomizedCorrelation = _pairs > 0 ? _correlation / _pairs : null,
        };
    }
}
