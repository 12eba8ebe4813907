namespace Fovea.Checkpoints;

/// <summary>There is not one label for each class.</summary>
public sealed class LabelCountException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="labels">How many labels were given.</param>
    /// <param name="classes">How many classes the network has.</param>
    public LabelCountException(int labels, int classes)
        : base($"there are {labels} labels for {classes} classes; give one for each, or a fresh classifier with --classes {labels}.")
    {
    }
}
