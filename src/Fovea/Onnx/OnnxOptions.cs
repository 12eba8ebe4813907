using Fovea.Data;

namespace Fovea.Onnx;

/// <summary>The choices about an ONNX file.</summary>
public sealed record OnnxOptions
{
    /// <summary>The oldest version of operators that can be written: the first with layer normalisation.</summary>
    public const int MinOpset = 17;

    /// <summary>The newest version of operators that can be written.</summary>
    public const int MaxOpset = 21;

    /// <summary>The version of the operators.</summary>
    public int Opset { get; init; } = MinOpset;

    /// <summary>
    /// The normalisation that becomes a part of the file, whose input then is bytes (batch, height, width, 3) of images that already have
    /// the input's size; where null, the input is normalised numbers (batch, 3, height, width).
    /// </summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>
    /// True for the index of each pixel's class (batch, height, width), an integer at the input's size, in place of a segmentation
    /// network's logits, which have the size of its finest map.
    /// </summary>
    public bool ArgMax { get; init; }

    /// <summary>
    /// The stages whose maps (batch, channels, height, width) the file gives out under their names, behind its first output.
    /// </summary>
    public IReadOnlyList<string> Stages { get; init; } = [];

    /// <summary>
    /// The largest weights, in bytes, that stand in the file itself; larger ones stand in a second file, the model's name with <c>.data</c>
    /// behind it. One file can hold 2 GB. A stream gets everything inside.
    /// </summary>
    public long MaxBytesInside { get; init; } = OnnxFile.MaxBytesInside;

    /// <summary>Checks the members.</summary>
    /// <exception cref="OnnxExportException">The version of the operators is not one that can be written.</exception>
    internal void Validate()
    {
        if (Opset is < MinOpset or > MaxOpset)
        {
            throw new OnnxExportException($"Opset {Opset} cannot be written. Choose one from {MinOpset} to {MaxOpset}.");
        }
    }
}
