namespace Fovea.Data;

/// <summary>Choices when a set of images with objects is opened.</summary>
public sealed record InstanceDatasetOptions
{
    /// <summary>False leaves out the images without objects; by default they stay, for a detector must learn to find nothing.</summary>
    public bool KeepEmptyImages { get; init; } = true;

    /// <summary>Names of the classes in the order of the labels, such as a model's; null for the set's own.</summary>
    public IReadOnlyList<string>? Classes { get; init; }
}
