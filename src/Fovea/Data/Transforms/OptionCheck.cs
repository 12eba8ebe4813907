namespace Fovea.Data;

/// <summary>Checks of options, whose messages name record and member.</summary>
/// <param name="Record">Name of the record that the members belong to.</param>
internal readonly record struct OptionCheck(string Record)
{
    // Boxes of an image's size and more make every pixel the mean.
    private const double MaxRadius = 1000;

    /// <summary>Refuses an option.</summary>
    /// <param name="holds">True where it is as expected.</param>
    /// <param name="member">Name of the member.</param>
    /// <param name="expected">Values that are expected, as a phrase behind "must be".</param>
    /// <param name="got">Its value.</param>
    /// <exception cref="ArgumentException">It is not as expected.</exception>
    public void Require(bool holds, string member, string expected, object got)
    {
        if (!holds)
        {
            throw new ArgumentException($"{Record}.{member} must be {expected}, not {got}.");
        }
    }

    /// <summary>Refuses what is no probability.</summary>
    /// <param name="probability">Value of the member.</param>
    /// <param name="member">Name of the member.</param>
    /// <exception cref="ArgumentException">It is not from 0 to 1.</exception>
    public void RequireProbability(double probability, string member) =>
        Require(probability is >= 0 and <= 1, member, "from 0 to 1", probability);

    /// <summary>Refuses a range of standard deviations of a blur, in pixels.</summary>
    /// <param name="min">Value of <c>MinRadius</c>.</param>
    /// <param name="max">Value of <c>MaxRadius</c>.</param>
    /// <exception cref="ArgumentException">The range is empty, or not within 0 to 1000.</exception>
    public void RequireRadii(double min, double max)
    {
        Require(min is >= 0 and <= MaxRadius, "MinRadius", $"from 0 to {MaxRadius}", min);
        Require(max >= min && max <= MaxRadius, "MaxRadius", $"from {min} to {MaxRadius}", max);
    }
}
