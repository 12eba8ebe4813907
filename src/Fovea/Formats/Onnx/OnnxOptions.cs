using Fovea.Data;

namespace Fovea.Formats.Onnx;

/// <summary>What is to be chosen about an ONNX file.</summary>
public sealed record OnnxOptions
{
    /// <summary>The oldest version of operators that can be written: the first with layer normalisation.</summary>
    public const int LeastOpset = 17;

    /// <summary>The newest version of operators that can be written.</summary>
    public const int MostOpset = 21;

    /// <summary>The version of the operators.</summary>
    public int Opset { get; init; } = LeastOpset;

    /// <summary>
    /// Where given, its normalisation is a part of the file, whose input then is bytes (batch, height, width, 3) of pictures that already have the input's size;
    /// otherwise the input is normalised numbers (batch, 3, height, width).
    /// </summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>Weights of more bytes than this stand in a second file, the model's name with <c>.data</c> behind it: one file can hold 2 GB.</summary>
    public long MostBytesInside { get; init; } = int.MaxValue - (64L << 20);

    /// <summary>Checks the members.</summary>
    /// <exception cref="OnnxExportException">The version of the operators is not one that can be written.</exception>
    internal void Validate()
    {
        if (Opset is < LeastOpset or > MostOpset)
        {
            throw new OnnxExportException($"Opset {Opset} cannot be written. Choose one from {LeastOpset} to {MostOpset}.");
        }
    }
}
