using Fovea.Data;

namespace Fovea.Training;

/// <summary>Objects and detections from COCO's files; for results by the rules of <c>loadRes</c>.</summary>
internal static class CocoPreparation
{
    /// <summary>Objects of a file; those of a category that it does not list take no part, as in pycocotools.</summary>
    public static CocoTruth[] Truths(CocoFile file, CocoOverlap overlap) =>
    [
        .. file.Annotations.Where(annotation => file.CategoriesById.ContainsKey(annotation.CategoryId)).Select(annotation => new CocoTruth(
            annotation.ImageId,
            annotation.CategoryId,
            annotation.Box,
            annotation.Area,
            annotation.Crowd,
            overlap == CocoOverlap.Masks ? Mask(file, annotation) : null)),
    ];

    /// <summary>Detections of a file of results.</summary>
    public static CocoDetection[] Detections(CocoFile file, IReadOnlyList<CocoResult> results, CocoOverlap overlap)
    {
        CocoDetection[] detections = new CocoDetection[results.Count];
        for (int i = 0; i < detections.Length; i++)
        {
            CocoResult result = results[i];
            if (!file.ImagesById.TryGetValue(result.ImageId, out CocoImage? image))
            {
                throw new UnusableDataException($"results[{i}] is of image {result.ImageId}, which the annotations do not list.");
            }

            detections[i] = results[0].Box is null ? OfMask(i, result, image) : OfBox(i, result, image, overlap);
        }

        return detections;
    }

    private static CocoDetection OfBox(int index, CocoResult result, CocoImage image, CocoOverlap overlap)
    {
        CocoBox box = result.Box ?? throw new UnusableDataException($"results[{index}] has no 'bbox', which the first result has.");
        RunLengthMask? mask = overlap == CocoOverlap.Boxes ? null : Draw(
            $"results[{index}]",
            () => result.Segmentation?.ToMask(image.Height, image.Width)
                ?? RunLengthMask.FromRectangle(image.Height, image.Width, box));
        return new CocoDetection(result.ImageId, result.CategoryId, result.Score, box, box.Area, mask);
    }

    private static CocoDetection OfMask(int index, CocoResult result, CocoImage image)
    {
        CocoSegmentation outline = result.Segmentation
            ?? throw new UnusableDataException($"results[{index}] has no 'segmentation', which the first result has.");
        RunLengthMask mask = Draw($"results[{index}]", () => outline.ToMask(image.Height, image.Width));
        return new CocoDetection(result.ImageId, result.CategoryId, result.Score, mask.Bounds, mask.Area, mask);
    }

    private static RunLengthMask Mask(CocoFile file, CocoAnnotation annotation)
    {
        CocoImage image = file.ImagesById[annotation.ImageId];
        CocoSegmentation outline = annotation.Segmentation ?? throw new UnusableDataException(
            $"Annotation {annotation.Id} has no 'segmentation': masks cannot be judged by these annotations.");
        return Draw($"Annotation {annotation.Id}", () => outline.ToMask(image.Height, image.Width));
    }

    private static RunLengthMask Draw(string place, Func<RunLengthMask> draw)
    {
        try
        {
            return draw();
        }
        catch (ArgumentException error)
        {
            throw new UnusableDataException($"{place} has an outline that cannot be drawn: {ExceptionText.Of(error)}.", error);
        }
    }
}
