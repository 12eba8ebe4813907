namespace Fovea.Checkpoints;

/// <summary>Error of another number of labels than of classes.</summary>
public sealed class LabelCountException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="labels">Number of labels that were given.</param>
    /// <param name="classes">Number of classes that the network has.</param>
    public LabelCountException(int labels, int classes)
        : base(
            $"there are {labels} labels for {classes} classes",
            [new Remedy.Advice("Give one label for each class."), new Remedy.SetClasses(labels)])
    {
    }
}
