namespace Fovea.Explanations;

/// <summary>Faithfulness of one method, or of an order of pixels that knows nothing of the network, as means over the images.</summary>
/// <param name="Method">
/// Name of the method; <see cref="Random"/> and <see cref="Centre"/> for the orders that knowing nothing would give.
/// </param>
public sealed record MethodFaithfulness(string Method)
{
    /// <summary>Name of a random order of the pixels.</summary>
    public const string Random = "random";

    /// <summary>Name of the order from the centre outwards.</summary>
    public const string Centre = "centre";

    /// <summary>
    /// Probability of the class while the pixels take the mean colour, most important first: after 0, 1 … all steps. It should fall early.
    /// </summary>
    public required IReadOnlyList<double> DeletionCurve { get; init; }

    /// <summary>
    /// Probability of the class while the pixels of the blurred image become sharp, most important first. It should rise early.
    /// </summary>
    public required IReadOnlyList<double> InsertionCurve { get; init; }

    /// <summary>Area below the deletion curve, 0 to 1: the smaller the better.</summary>
    public double Deletion => PixelCurves.Area([.. DeletionCurve]);

    /// <summary>Area below the insertion curve, 0 to 1: the larger the better.</summary>
    public double Insertion => PixelCurves.Area([.. InsertionCurve]);

    /// <summary>Insertion less deletion: the larger the better.</summary>
    public double Difference => Insertion - Deletion;

    /// <summary>Standard error of <see cref="Difference"/> over the images.</summary>
    public required double StandardError { get; init; }

    /// <summary>
    /// Sparsity: Gini index of the maps, 0 (all cells alike) to 1 (one cell has everything); null for orders without a map.
    /// </summary>
    public double? Sparsity { get; init; }

    /// <summary>
    /// Rank correlation of the maps with those of the same network with random weights, −1 to 1: near 0 for a method that looks at what was
    /// learnt; null for orders without a map.
    /// </summary>
    public double? RandomizedCorrelation { get; init; }
}
