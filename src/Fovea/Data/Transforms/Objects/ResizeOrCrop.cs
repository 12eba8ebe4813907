using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// The policy of DETR (Carion et al., appendix A.4), which XCiT's detectors train with: either resizes at once, or resizes first to one of
/// a few short sides, cuts a window out, and then resizes. Both ways are equally likely.
/// </summary>
/// <param name="Resize">The resizing that comes last.</param>
public sealed record ResizeOrCrop(ShortSideResize Resize) : ISampleTransform
{
    /// <summary>The resizing before the window is cut.</summary>
    public ShortSideResize First { get; init; } = new([400, 500, 600], 4200);

    /// <summary>The window.</summary>
    public ObjectCrop Crop { get; init; } = new();

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        if (random.NextBoolean(0.5))
        {
            First.Apply(sample, ref random);
            Crop.Apply(sample, ref random);
        }

        Resize.Apply(sample, ref random);
    }
}
