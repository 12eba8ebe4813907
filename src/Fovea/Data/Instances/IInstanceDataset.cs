namespace Fovea.Data;

/// <summary>
/// A set of images with objects: boxes with classes, and masks where they are known. All members may be called from several threads at
/// once. As a source of samples it gives each image's objects.
/// </summary>
public interface IInstanceDataset : IDataset
{
    /// <summary>True if objects have masks.</summary>
    bool HasMasks { get; }

    /// <summary>Size of an image set upright: as the annotations state it, else as its file does.</summary>
    /// <param name="index">0 to <see cref="ISampleSource.Count"/> − 1.</param>
    /// <exception cref="InvalidImageException">The annotations state none, and the image cannot be read.</exception>
    ImageSize SizeOf(int index);

    /// <summary>Objects of an image set upright, without decoding it: boxes inside the image, at least a pixel wide and high.</summary>
    /// <param name="index">0 to <see cref="ISampleSource.Count"/> − 1.</param>
    /// <exception cref="InvalidImageException">The annotations state no size, and the image cannot be read.</exception>
    IReadOnlyList<Instance> InstancesOf(int index);

    /// <inheritdoc/>
    void ISampleSource.Describe(int index, Sample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        foreach (Instance instance in InstancesOf(index))
        {
            sample.Instances.Add(instance);
        }
    }
}
