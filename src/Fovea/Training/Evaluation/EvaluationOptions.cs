using Fovea.Collectives;
using Fovea.Data;

namespace Fovea.Training;

/// <summary>Options of evaluating a classifier on a set of images.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Threads that prepare images.</summary>
    public int LoaderThreads { get; init; } = 1;

    /// <summary>
    /// True to evaluate over the classes that model and set have in common: other images are left out, and the probabilities are those of
    /// the common classes alone. False to refuse a set of other classes.
    /// </summary>
    public bool CommonClasses { get; init; }

    /// <summary>Number of images that may be left out because they cannot be read; one in a hundred, at least one, where null.</summary>
    public int? MaxUnreadable { get; init; }

    /// <summary>Processes that share the images, each of which gives all figures; this one by itself where null.</summary>
    public ICollective? Ranks { get; init; }

    /// <summary>Counter of the images of a set that cannot be read.</summary>
    /// <param name="count">Number of images of the set.</param>
    internal UnreadableImages CountUnreadable(int count) => new(MaxUnreadable ?? UnreadableImages.UsualLimit(count));
}
