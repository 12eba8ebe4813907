namespace Fovea.Training;

/// <summary>COCO's evaluation of one class.</summary>
public sealed class CocoClassEvaluation
{
    private readonly CocoPair[] _pairs;
    private readonly int[] _order;
    private readonly int[] _ranks;

    /// <summary>Evaluates the class.</summary>
    /// <param name="categoryId">Id of the class.</param>
    /// <param name="pairs">Detections and objects of the class in each image, by rising id of the image.</param>
    internal CocoClassEvaluation(long categoryId, IReadOnlyList<CocoPair> pairs)
    {
        CategoryId = categoryId;
        _pairs = [.. pairs];
        double[] scores = [.. pairs.SelectMany(pair => pair.Detections.Select(found => found.Score))];
        _ranks = [.. pairs.SelectMany(pair => Enumerable.Range(0, pair.Detections.Count))];
        _order = [.. Enumerable.Range(0, scores.Length).OrderByDescending(found => scores[found])];
        Detections = scores.Length;

        AreaFigures all = Evaluate(CocoParameters.Areas[0], out CocoPairMatches[] matches);
        AreaFigures small = Evaluate(CocoParameters.Areas[1], out _);
        AreaFigures medium = Evaluate(CocoParameters.Areas[2], out _);
        AreaFigures large = Evaluate(CocoParameters.Areas[3], out _);
        Truths = matches.Sum(pair => pair.Expected);
        Precisions = all.Precisions;
        Recalls = all.Recalls;
        MatchesAtHalf = [.. matches.SelectMany((pair, i) => pair.ByThreshold[0].Select((match, d) => new CocoMatch(
            _pairs[i].DetectionIndices[d],
            match.Truth < 0 ? null : _pairs[i].TruthIndices[match.Truth],
            match.Ignored)))];
        Metrics = new CocoMetrics(
            all.AveragePrecision,
            Truths > 0 ? all.Precisions[0].Average() : -1,
            Truths > 0 ? all.Precisions[CocoParameters.ThreeQuarters].Average() : -1,
            small.AveragePrecision,
            medium.AveragePrecision,
            large.AveragePrecision,
            AverageRecall(matches, most: 1),
            AverageRecall(matches, most: 10),
            all.AverageRecall,
            small.AverageRecall,
            medium.AverageRecall,
            large.AverageRecall);
        (_pairs, _order, _ranks) = ([], [], []);
    }

    /// <summary>The thresholds of overlap: 0.50, 0.55, …, 0.95.</summary>
    public static IReadOnlyList<double> Thresholds => CocoParameters.Thresholds;

    /// <summary>Recalls at which the curves give precision: 0, 0.01, …, 1.</summary>
    public static IReadOnlyList<double> RecallLevels => CocoParameters.Recalls;

    /// <summary>Id of the class.</summary>
    public long CategoryId { get; }

    /// <summary>The twelve numbers of this class.</summary>
    public CocoMetrics Metrics { get; }

    /// <summary>Number of objects, without crowds.</summary>
    public int Truths { get; }

    /// <summary>Number of detections that count: at most a hundred in each image.</summary>
    public int Detections { get; }

    /// <summary>
    /// Curves of precision over recall for objects of all sizes: for each of <see cref="Thresholds"/> the precision at each of
    /// <see cref="RecallLevels"/>, never rising. Empty where the class has no object.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<double>> Precisions { get; }

    /// <summary>Share of the objects that are found, for each of <see cref="Thresholds"/>. Empty where the class has no object.</summary>
    public IReadOnlyList<double> Recalls { get; }

    /// <summary>Matches of the detections that count, at an overlap of 0.50.</summary>
    internal IReadOnlyList<CocoMatch> MatchesAtHalf { get; }

    private AreaFigures Evaluate((double Least, double Most) area, out CocoPairMatches[] matches)
    {
        CocoPairMatches[] pairs = [.. _pairs.Select(pair => pair.Match(area))];
        matches = pairs;
        CocoPrecisionRecall[] curves = pairs.Sum(pair => pair.Expected) == 0
            ? []
            : [.. Enumerable.Range(0, CocoParameters.Thresholds.Length)
                .Select(threshold => Curve(pairs, threshold, CocoParameters.MaxDetections))];
        return new AreaFigures([.. curves.Select(curve => curve.Precisions)], [.. curves.Select(curve => curve.Recall)]);
    }

    private double AverageRecall(CocoPairMatches[] pairs, int most) => Truths == 0
        ? -1
        : Enumerable.Range(0, CocoParameters.Thresholds.Length).Average(threshold => Curve(pairs, threshold, most).Recall);

    /// <summary>Follows the detections of all images by falling score, of each image the first so many.</summary>
    private CocoPrecisionRecall Curve(CocoPairMatches[] pairs, int threshold, int most)
    {
        (int Truth, bool Ignored)[] matches = [.. pairs.SelectMany(pair => pair.ByThreshold[threshold])];
        return CocoPrecisionRecall.Of(
            _order.Where(found => _ranks[found] < most).Select(found => (matches[found].Truth >= 0, matches[found].Ignored)),
            pairs.Sum(pair => pair.Expected));
    }

    /// <summary>Curves and recalls of one range of areas by threshold; empty where it has no object.</summary>
    private sealed record AreaFigures(double[][] Precisions, double[] Recalls)
    {
        public double AveragePrecision => Precisions.SelectMany(curve => curve).DefaultIfEmpty(-1).Average();

        public double AverageRecall => Recalls.DefaultIfEmpty(-1).Average();
    }
}
