using Fovea.Data;

namespace Fovea.Training;

/// <summary>Choice of the samples of an epoch.</summary>
internal static class Sampling
{
    /// <summary>
    /// A set in which each class has as many images as the largest one: those of smaller classes stand in it several times, as equally
    /// often as numbers allow.
    /// </summary>
    /// <param name="training">Images with one class each.</param>
    /// <exception cref="ArgumentException">The samples have no classes.</exception>
    public static IImageDataset Balanced(ISampleSource training)
    {
        if (training is not IImageDataset images)
        {
            throw new ArgumentException(
                $"{nameof(TrainingOptions.BalancedSampling)} needs images with one class each.", nameof(TrainingOptions.BalancedSampling));
        }

        ILookup<int, int> classes = Enumerable.Range(0, images.Count).ToLookup(images.LabelOf);
        int largest = classes.Max(members => members.Count());
        return new SubsetDataset(images, classes.SelectMany(members => Repeated([.. members], largest)));
    }

    private static IEnumerable<int> Repeated(int[] members, int count) =>
        Enumerable.Range(0, count).Select(i => members[i % members.Length]);
}
