namespace Fovea.Data;

/// <summary>Choices when a set of images with label maps is opened.</summary>
public sealed record SegmentationDatasetOptions
{
    /// <summary>Meaning of the numbers in the label maps.</summary>
    public SegmentationLabels Labels { get; init; } = new();

    /// <summary>
    /// Names of the classes in the order of the labels, such as a model's; null for the set's own. Of a set of objects, a class that it
    /// does not name is that of the pixels outside of all objects.
    /// </summary>
    public IReadOnlyList<string>? Classes { get; init; }
}
