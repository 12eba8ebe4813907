namespace Fovea.Data;

/// <summary>Kind of a problem in a data set.</summary>
public enum DataProblemKind
{
    /// <summary>An image cannot be decoded.</summary>
    UnreadableImage,

    /// <summary>An image has another size than its annotations state.</summary>
    OtherSize,

    /// <summary>Annotations name an image that is not there.</summary>
    MissingImage,

    /// <summary>An image has no annotations, not even empty ones.</summary>
    UnannotatedImage,

    /// <summary>An annotation cannot be read.</summary>
    UnreadableAnnotation,

    /// <summary>An object is of a class that the set does not name.</summary>
    UnknownClass,

    /// <summary>A box has a coordinate that is no number.</summary>
    BoxNotFinite,

    /// <summary>A box lies wholly outside its image.</summary>
    BoxOutside,

    /// <summary>A box is less than a pixel wide or high inside its image.</summary>
    BoxTooSmall,

    /// <summary>A box reaches beyond its image.</summary>
    BoxClipped,

    /// <summary>A mask cannot be drawn, or has another size than its image.</summary>
    UnusableMask,

    /// <summary>A mask has no pixel.</summary>
    EmptyMask,

    /// <summary>An object stands twice, with the same class and box.</summary>
    RepeatedObject,

    /// <summary>An image has no label map.</summary>
    MissingLabels,

    /// <summary>A label map has no image.</summary>
    UnusedLabels,

    /// <summary>A label map cannot be read, or is none.</summary>
    UnreadableLabels,

    /// <summary>A label map has an index beyond the classes.</summary>
    UnknownIndex,

    /// <summary>An image stands in two parts of the set, pixel for pixel.</summary>
    SharedImage,

    /// <summary>An image stands twice in one part of the set, pixel for pixel.</summary>
    RepeatedImage,

    /// <summary>A class has no object, or no image, in the training part.</summary>
    EmptyClass,
}

/// <summary>A problem in a data set with all the places where it was met.</summary>
/// <param name="Kind">Kind of the problem.</param>
/// <param name="Count">Number of places.</param>
/// <param name="Places">The first few of them.</param>
public sealed record DataProblem(DataProblemKind Kind, int Count, IReadOnlyList<string> Places)
{
    /// <summary>The problem as a sentence, with its count and the first places.</summary>
    public string Text => $"{Words.Of(Kind, Count)} ({string.Join(", ", Places)}{(Count > Places.Count ? ", …" : "")}).";

    /// <summary>True if what was met is left out of the set.</summary>
    public bool IsDropped => Kind is DataProblemKind.MissingImage or DataProblemKind.UnreadableAnnotation or DataProblemKind.UnknownClass
        or DataProblemKind.BoxNotFinite or DataProblemKind.BoxOutside or DataProblemKind.BoxTooSmall or DataProblemKind.UnusableMask
        or DataProblemKind.UnannotatedImage or DataProblemKind.MissingLabels or DataProblemKind.UnusedLabels;

    private static class Words
    {
        public static string Of(DataProblemKind kind, int count) => kind switch
        {
            DataProblemKind.UnreadableImage => Say(count, "image cannot be read", "images cannot be read"),
            DataProblemKind.OtherSize => Say(
                count, "image has another size than its annotations state", "images have other sizes than their annotations state"),
            DataProblemKind.MissingImage => Say(count, "annotated image is missing", "annotated images are missing"),
            DataProblemKind.UnannotatedImage => Say(
                count, "image without annotations is left out", "images without annotations are left out"),
            DataProblemKind.UnreadableAnnotation => Say(
                count, "annotation cannot be read and is left out", "annotations cannot be read and are left out"),
            DataProblemKind.UnknownClass => Say(
                count, "object of an unknown class is left out", "objects of unknown classes are left out"),
            DataProblemKind.BoxNotFinite => Say(
                count, "box with a coordinate that is no number is left out", "boxes with coordinates that are no numbers are left out"),
            DataProblemKind.BoxOutside => Say(count, "box outside its image is left out", "boxes outside their images are left out"),
            DataProblemKind.BoxTooSmall => Say(
                count, "box below 1 pixel in a side is left out", "boxes below 1 pixel in a side are left out"),
            DataProblemKind.BoxClipped => Say(
                count, "box reaches beyond its image and is clipped", "boxes reach beyond their images and are clipped"),
            DataProblemKind.UnusableMask => Say(
                count,
                "object is left out because its mask cannot be drawn in its image",
                "objects are left out because their masks cannot be drawn in their images"),
            DataProblemKind.EmptyMask => Say(count, "mask has no pixel", "masks have no pixel"),
            DataProblemKind.RepeatedObject => Say(
                count, "object stands twice, with the same class and box", "objects stand twice, with the same class and box"),
            DataProblemKind.MissingLabels => Say(
                count, "image without a label map is left out", "images without label maps are left out"),
            DataProblemKind.UnusedLabels => Say(
                count, "label map without an image is left out", "label maps without images are left out"),
            DataProblemKind.UnreadableLabels => Say(count, "label map cannot be read", "label maps cannot be read"),
            DataProblemKind.UnknownIndex => Say(
                count, "label map has an index beyond the classes", "label maps have indices beyond the classes"),
            DataProblemKind.SharedImage => Say(count, "image stands in two parts of the set", "images stand in two parts of the set"),
            DataProblemKind.RepeatedImage => Say(count, "image stands twice in its part", "images stand twice in their parts"),
            _ => Say(count, "class has nothing to train on", "classes have nothing to train on"),
        };

        private static string Say(int count, string one, string many) => count == 1 ? $"1 {one}" : $"{count} {many}";
    }
}
