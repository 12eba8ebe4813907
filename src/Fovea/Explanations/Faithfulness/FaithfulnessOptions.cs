using Fovea.Data;

namespace Fovea.Explanations;

/// <summary>Options of a measurement of faithfulness.</summary>
public sealed record FaithfulnessOptions
{
    /// <summary>Methods to measure, with their options but for the classes; the explainer's default method where empty.</summary>
    public IReadOnlyList<ExplanationOptions> Methods { get; init; } = [];

    /// <summary>Number of images, spread evenly over the set; all of a smaller one.</summary>
    public int Images { get; init; } = 100;

    /// <summary>Steps from none of the pixels to all of them.</summary>
    public int Steps { get; init; } = 32;

    /// <summary>
    /// Standard deviation in pixels of the blur that insertion begins with; a tenth of the network's shorter input side where null.
    /// </summary>
    public double? BlurRadius { get; init; }

    /// <summary>Seed of the random orders and of the randomised weights.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// Largest number of images that are left out because they cannot be read; one in a hundred, at least one, where null.
    /// </summary>
    public int? MaxUnreadable { get; init; }

    /// <summary>Told of each image that is left out.</summary>
    public IProgress<UnreadableImage>? Unreadable { get; init; }

    /// <summary>Checks that the options are in range.</summary>
    /// <exception cref="ArgumentException">One is not; the message names it.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Images, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Steps, 1024);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxUnreadable ?? 0, nameof(MaxUnreadable));
        if (BlurRadius is not (null or (> 0 and < 1000)))
        {
            throw new ArgumentOutOfRangeException(nameof(BlurRadius), BlurRadius, "The blur has a radius above 0.");
        }
    }
}
