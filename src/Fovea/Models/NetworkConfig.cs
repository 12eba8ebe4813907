namespace Fovea.Models;

/// <summary>Options that all families have in common. A family adds its own; its variants are a dictionary of them.</summary>
/// <param name="Height">Rows of the images that the network and its position embeddings are made for.</param>
/// <param name="Width">Columns of the images that the network and its position embeddings are made for.</param>
public abstract record NetworkConfig(int Height, int Width)
{
    /// <summary>Number of classes; 0 for a network without a head, which gives pooled features.</summary>
    public int Classes { get; init; } = 1000;

    /// <summary>
    /// Probability of dropping a residual branch of a sample in training: the greatest in the network, where it grows with depth.
    /// </summary>
    public float DropPath { get; init; }

    /// <summary>Dropout, where the family has it: in front of the classifier as a rule.</summary>
    public float Dropout { get; init; }

    /// <summary>Number that batch normalisations add to the variance, in the ResNet family.</summary>
    public float NormEpsilon { get; init; } = 1e-5f;

    /// <summary>Options with a caller's changes.</summary>
    public NetworkConfig With(ModelOptions options) => this with
    {
        Classes = options.Classes ?? Classes,
        Height = options.Height ?? Height,
        Width = options.Width ?? Width,
        DropPath = options.DropPath ?? DropPath,
        Dropout = options.Dropout ?? Dropout,
        NormEpsilon = options.NormEpsilon ?? NormEpsilon,
    };
}
