namespace Fovea.Models;

/// <summary>What every network's options have in common. A family adds its own; its variants are a table of them.</summary>
/// <param name="Height">Rows of the images that the network is made for, and its position tables with it.</param>
/// <param name="Width">Columns of the images that the network is made for.</param>
public abstract record NetworkConfig(int Height, int Width)
{
    /// <summary>Number of classes.</summary>
    public int Classes { get; init; } = 1000;

    /// <summary>Probability of dropping a residual branch of a sample in training: the greatest in the network, where it grows with depth.</summary>
    public float DropPath { get; init; }

    /// <summary>Dropout, where the family has it: in front of the classifier as a rule.</summary>
    public float Dropout { get; init; }

    /// <summary>The same network with a caller's changes.</summary>
    public NetworkConfig With(ModelOptions options) => this with
    {
        Classes = options.Classes ?? Classes,
        Height = options.Height ?? Height,
        Width = options.Width ?? Width,
        DropPath = options.DropPath ?? DropPath,
        Dropout = options.Dropout ?? Dropout,
    };
}
