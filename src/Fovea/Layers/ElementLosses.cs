namespace Fovea.Layers;

/// <summary>
/// Losses of each element, times a weight where one is given, which broadcasts. Who minimises one sums it and divides.
/// </summary>
internal static class ElementLosses
{
    /// <summary>
    /// Binary cross-entropy −t·log p − (1 − t)·log(1 − p) with p = sigmoid(x), for targets t from 0 to 1.
    /// </summary>
    /// <remarks>
    /// As log(1 + eˣ) − t·x, with the logarithm as (x + |x|)/2 + log(1 + e^−|x|): finite for any x, and of the right slope at 0.
    /// </remarks>
    /// <param name="x">Logits.</param>
    /// <param name="targets">Targets.</param>
    /// <param name="weight">Weight of each element; 1 where null.</param>
    public static Value BinaryCrossEntropy(Value x, Value targets, Value? weight = null)
    {
        Value magnitude = x.Abs();
        return Weighted(((x + magnitude) * 0.5f) + (1 + (-magnitude).Exp()).Log() - (targets * x), weight);
    }

    /// <summary>
    /// Focal loss of the sigmoid (arXiv 1708.02002): (α·t + (1 − α)(1 − t))·(1 − p_t)^γ·BCE, where p_t is p for t = 1 and 1 − p for t = 0.
    /// </summary>
    /// <param name="x">Logits.</param>
    /// <param name="targets">Targets, 0 or 1.</param>
    /// <param name="alpha">Weight α of positive elements; negative for no such factor.</param>
    /// <param name="gamma">Exponent γ, 0 or more.</param>
    /// <param name="weight">Weight of each element; 1 where null.</param>
    public static Value Focal(Value x, Value targets, float alpha = 0.25f, float gamma = 2, Value? weight = null)
    {
        Value p = x.Sigmoid();
        Value distance = (p * (1 - targets)) + ((1 - p) * targets);
        Value loss = BinaryCrossEntropy(x, targets) * distance.Pow(gamma);
        return Weighted(alpha < 0 ? loss : loss * ((targets * alpha) + ((1 - targets) * (1 - alpha))), weight);
    }

    /// <summary>
    /// Smooth L1: with d = |x − t|, d²/(2β) below β and d − β/2 from there on (arXiv 1504.08083 with β = 1); |x − t| for β = 0.
    /// </summary>
    /// <remarks>For β = 0 the slope where x = t is −1, as PyTorch's function has it.</remarks>
    /// <param name="x">Predictions.</param>
    /// <param name="targets">Targets.</param>
    /// <param name="beta">Difference β from which on the loss is linear, 0 or more.</param>
    /// <param name="weight">Weight of each element; 1 where null.</param>
    public static Value SmoothL1(Value x, Value targets, float beta, Value? weight = null)
    {
        Value difference = x - targets;
        if (beta == 0)
        {
            return Weighted((difference > 0).Where(difference, -difference), weight);
        }

        Value distance = difference.Abs();
        Value near = distance.Minimum(beta);
        return Weighted(near * (distance - (near * 0.5f)) / beta, weight);
    }

    private static Value Weighted(Value loss, Value? weight) => weight is null ? loss : loss * weight;
}
