using Fovea.Data;

namespace Fovea.Training;

/// <summary>
/// COCO's evaluation of detections, number for number as <c>pycocotools</c> computes it (cocodataset/cocoapi, <c>cocoeval.py</c>), in
/// 64-bit arithmetic.
/// </summary>
public sealed class CocoEvaluation
{
    private readonly IReadOnlyList<long> _imageIds;
    private readonly IReadOnlyList<CocoTruth> _truths;
    private readonly IReadOnlyList<CocoDetection> _detections;

    private CocoEvaluation(
        IReadOnlyList<long> imageIds,
        IReadOnlyList<CocoTruth> truths,
        IReadOnlyList<CocoDetection> detections,
        IReadOnlyList<CocoClassEvaluation> classes)
    {
        (_imageIds, _truths, _detections, Classes) = (imageIds, truths, detections, classes);
        Metrics = CocoMetrics.MeanOf([.. classes.Select(one => one.Metrics)]);
    }

    /// <summary>The twelve numbers: means over the classes that have objects.</summary>
    public CocoMetrics Metrics { get; }

    /// <summary>Evaluation of each class, by rising id.</summary>
    public IReadOnlyList<CocoClassEvaluation> Classes { get; }

    /// <summary>Evaluates detections.</summary>
    /// <param name="imageIds">Ids of all images, also of those without objects.</param>
    /// <param name="categoryIds">Ids of all classes; detections of others are left out.</param>
    /// <param name="truths">Objects in the images, in any order; equal overlaps are decided by it.</param>
    /// <param name="detections">Detections; among equal scores the earlier one goes first.</param>
    /// <param name="overlap">The overlap that counts.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="ArgumentException">
    /// An object or a detection is of an image or class that is not listed, a score is not a number, or a mask is missing.
    /// </exception>
    public static CocoEvaluation Of(
        IReadOnlyList<long> imageIds,
        IReadOnlyList<long> categoryIds,
        IReadOnlyList<CocoTruth> truths,
        IReadOnlyList<CocoDetection> detections,
        CocoOverlap overlap = CocoOverlap.Boxes,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(imageIds);
        ArgumentNullException.ThrowIfNull(categoryIds);
        ArgumentNullException.ThrowIfNull(truths);
        ArgumentNullException.ThrowIfNull(detections);
        long[] images = [.. imageIds.Distinct().Order()];
        Dictionary<(long Category, long Image), Entries> entries = Group(images, categoryIds, truths, detections, overlap);
        List<CocoClassEvaluation> classes = [];
        foreach (long category in categoryIds.Distinct().Order())
        {
            List<CocoPair> pairs = [];
            foreach (long image in images)
            {
                if (entries.TryGetValue((category, image), out Entries? both))
                {
                    cancellation.ThrowIfCancellationRequested();
                    pairs.Add(new CocoPair(both.Truths, both.Detections, overlap));
                }
            }

            classes.Add(new CocoClassEvaluation(category, pairs));
        }

        return new CocoEvaluation(images, truths, detections, classes);
    }

    /// <summary>Evaluates results of any detector by COCO's files.</summary>
    /// <param name="file">The annotations.</param>
    /// <param name="results">
    /// The results. The first decides for all: where it has a box, the boxes and their areas count, and a missing mask is the box; where
    /// it has only a mask, box and area are those of the masks.
    /// </param>
    /// <param name="overlap">The overlap that counts.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    /// <exception cref="UnusableDataException">
    /// A result is of an image that is not listed, or lacks the box or mask that the first has; an annotation has no mask.
    /// </exception>
    public static CocoEvaluation Of(
        CocoFile file,
        IReadOnlyList<CocoResult> results,
        CocoOverlap overlap = CocoOverlap.Boxes,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(results);
        return Of(
            [.. file.Images.Select(image => image.Id)],
            [.. file.Categories.Select(category => category.Id)],
            CocoPreparation.Truths(file, overlap),
            CocoPreparation.Detections(file, results, overlap),
            overlap,
            cancellation);
    }

    /// <summary>Finds the mistakes in each image, for reports.</summary>
    /// <param name="leastScore">Detections of a lower score are left out.</param>
    /// <returns>Mistakes of all images, by rising id.</returns>
    public IReadOnlyList<CocoMistakes> Mistakes(double leastScore = double.NegativeInfinity)
    {
        HashSet<int> found = [];
        List<int> wrong = [];
        foreach (CocoMatch match in Classes.SelectMany(one => one.MatchesAtHalf))
        {
            if (_detections[match.Detection].Score < leastScore)
            {
                continue;
            }

            if (match.Truth is int truth)
            {
                found.Add(truth);
            }
            else if (!match.Ignored)
            {
                wrong.Add(match.Detection);
            }
        }

        ILookup<long, int> invented = wrong.ToLookup(detection => _detections[detection].ImageId);
        ILookup<long, int> missed = Enumerable.Range(0, _truths.Count)
            .Where(truth => !_truths[truth].Crowd && !found.Contains(truth))
            .ToLookup(truth => _truths[truth].ImageId);
        return [.. _imageIds.Select(image => new CocoMistakes(image, [.. missed[image]], [.. invented[image]]))];
    }

    private static Dictionary<(long Category, long Image), Entries> Group(
        long[] imageIds,
        IReadOnlyList<long> categoryIds,
        IReadOnlyList<CocoTruth> truths,
        IReadOnlyList<CocoDetection> detections,
        CocoOverlap overlap)
    {
        HashSet<long> images = [.. imageIds];
        HashSet<long> categories = [.. categoryIds];
        Dictionary<(long Category, long Image), Entries> entries = [];
        for (int i = 0; i < truths.Count; i++)
        {
            CocoTruth truth = truths[i];
            Require(images.Contains(truth.ImageId), $"Object {i} is of image {truth.ImageId}, which is not listed.");
            Require(categories.Contains(truth.CategoryId), $"Object {i} is of class {truth.CategoryId}, which is not listed.");
            Require(overlap == CocoOverlap.Boxes || truth.Mask is not null, $"Object {i} has no mask.");
            Of(truth.CategoryId, truth.ImageId).Truths.Add((i, truth));
        }

        for (int i = 0; i < detections.Count; i++)
        {
            CocoDetection found = detections[i];
            Require(images.Contains(found.ImageId), $"Detection {i} is of image {found.ImageId}, which is not listed.");
            Require(!double.IsNaN(found.Score), $"The score of detection {i} is not a number.");
            Require(overlap == CocoOverlap.Boxes || found.Mask is not null, $"Detection {i} has no mask.");
            if (categories.Contains(found.CategoryId))
            {
                Of(found.CategoryId, found.ImageId).Detections.Add((i, found));
            }
        }

        return entries;

        Entries Of(long category, long image)
        {
            if (!entries.TryGetValue((category, image), out Entries? both))
            {
                entries[(category, image)] = both = new Entries([], []);
            }

            return both;
        }
    }

    private static void Require(bool holds, string problem)
    {
        if (!holds)
        {
            throw new ArgumentException(problem);
        }
    }

    private sealed record Entries(List<(int Index, CocoTruth Truth)> Truths, List<(int Index, CocoDetection Detection)> Detections);
}
