using Fovea.Data;

namespace Fovea.Onnx;

/// <summary>What is to be chosen about an ONNX file.</summary>
public sealed record OnnxOptions
{
    /// <summary>The oldest version of operators that can be written: the first with layer normalisation.</summary>
    public const int MinOpset = 17;

    /// <summary>The newest version of operators that can be written.</summary>
    public const int MaxOpset = 21;

    /// <summary>The version of the operators.</summary>
    public int Opset { get; init; } = MinOpset;

    /// <summary>
    /// Where given, its normalisation is a part of the file, whose input then is bytes (batch, height, width, 3) of images that already have the input's size;
    /// otherwise the input is normalised numbers (batch, 3, height, width).
    /// </summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>Weights of more bytes than this stand in a second file, the model's name with <c>.data</c> behind it: one file can hold 2 GB.</summary>
    public long MaxBytesInside { get; init; } = int.MaxValue - (64L << 20);

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
