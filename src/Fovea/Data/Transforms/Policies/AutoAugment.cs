using System.Text.Json.Serialization;
using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Data set for which a policy of AutoAugment was found.</summary>
[JsonConverter(typeof(EnumWords<AutoAugmentPolicy>))]
public enum AutoAugmentPolicy
{
    /// <summary>ImageNet.</summary>
    ImageNet,

    /// <summary>CIFAR-10.</summary>
    Cifar10,
}

/// <summary>
/// AutoAugment (arXiv 1805.09501) with the policies and ranges of torchvision: one of 25 pairs of operations for each image, each operation
/// with the probability that its pair gives it.
/// </summary>
/// <remarks>Boxes and masks are carried along, see <see cref="Sample.Warp"/>.</remarks>
public sealed record AutoAugment : ISampleTransform
{
    /// <summary>Arguments of the operations.</summary>
    internal static BinnedMagnitudes Magnitudes { get; } = new(10, 0.3f, 30, 0.9f, 4);

    /// <summary>Data set for which the pairs were found.</summary>
    public AutoAugmentPolicy Policy { get; init; }

    /// <summary>Filter of rotations, shears and moves.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Nearest;

    /// <summary>Colour of what rotations, shears and moves bring into the image.</summary>
    public Rgb Fill { get; init; }

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        ReadOnlySpan<PolicyStep> steps = StepsOf(Policy);
        foreach (PolicyStep step in steps.Slice(2 * random.NextInt32(steps.Length / 2), 2))
        {
            bool applied = random.NextBoolean(step.Probability);
            bool negative = random.NextBoolean(0.5) && BinnedMagnitudes.IsSigned(step.Operation);
            if (applied)
            {
                int side = step.Operation == PixelOperation.TranslateX ? sample.Width : sample.Height;
                float longestMove = (float)(150.0 / 331.0 * side);
                double argument = Magnitudes.Argument(step.Operation, step.Magnitude, negative, longestMove);
                step.Operation.Apply(argument, sample, Interpolation, Fill);
            }
        }
    }

    /// <summary>The operations of a policy, pair by pair.</summary>
    /// <param name="policy">The policy.</param>
    internal static ReadOnlySpan<PolicyStep> StepsOf(AutoAugmentPolicy policy) =>
        policy == AutoAugmentPolicy.Cifar10 ? AutoAugmentPolicies.Cifar10 : AutoAugmentPolicies.ImageNet;
}

/// <summary>An operation of a pair.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Probability">Probability that it is applied.</param>
/// <param name="Magnitude">Number of its bin, 0 to 9; operations without an argument pass it over.</param>
internal readonly record struct PolicyStep(PixelOperation Operation, double Probability, int Magnitude = 0);
