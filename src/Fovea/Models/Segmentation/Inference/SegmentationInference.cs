namespace Fovea.Models;

/// <summary>Options of segmenting an image with a trained network.</summary>
public sealed record SegmentationInference
{
    /// <summary>
    /// Side in pixels of the square windows that the resized image goes through the network in, whose logits are averaged where they
    /// overlap; null for the whole image at once, or windows of the network's own size where that takes more than
    /// <see cref="MostBytes"/>.
    /// </summary>
    public int? Window { get; init; }

    /// <summary>Pixels between neighbouring windows; null for two thirds of the window.</summary>
    public int? Stride { get; init; }

    /// <summary>True to average the probabilities of the image and of its mirror image.</summary>
    public bool Flip { get; init; }

    /// <summary>Factors of the image's size whose probabilities are averaged.</summary>
    public IReadOnlyList<double> Scales { get; init; } = [1];

    /// <summary>True to keep the probability of each class at each pixel.</summary>
    public bool Probabilities { get; init; }

    /// <summary>
    /// Bytes that an image at once may take in the network; null for half of what the process may use. Larger ones go by windows.
    /// </summary>
    public long? MostBytes { get; init; }

    /// <summary>Checks the members.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Window ?? 1, nameof(Window));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Stride ?? 1, nameof(Stride));
        ArgumentOutOfRangeException.ThrowIfZero(Scales.Count, nameof(Scales));
        if (Window is int window && Stride > window)
        {
            throw new ArgumentOutOfRangeException(
                nameof(Stride), Stride, $"Windows of {window} pixels leave gaps: give a stride of at most as many.");
        }

        foreach (double scale in Scales)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scale, nameof(Scales));
        }
    }
}
