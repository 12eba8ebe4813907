namespace Fovea.Explanations;

/// <summary>
/// Error of an explanation that a network or an image does not allow: a method, layer, head, class or point that is not there.
/// </summary>
public sealed class ExplanationException : FoveaException
{
    /// <summary>Makes the error.</summary>
    /// <param name="problem">What was asked for and why it cannot be, without a final full stop.</param>
    /// <param name="remedies">What to do about it, at least one.</param>
    public ExplanationException(string problem, params IReadOnlyList<Remedy> remedies)
        : base(problem, remedies)
    {
    }
}
