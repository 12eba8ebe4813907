namespace Fovea.Detection;

/// <summary>Four factors or offsets, one for each number of a box's code.</summary>
internal readonly record struct CodeNumbers(float X, float Y, float Width, float Height);

/// <summary>
/// The code of a box relative to another: the shift of its centre in units of the other's sides and the logarithms of the ratios of sides,
/// normalised (Girshick et al. 2014, appendix C).
/// </summary>
internal sealed record BoxCoder
{
    /// <summary>Factors of the code: torchvision's weights, 10, 10, 5, 5 for the boxes of regions.</summary>
    public CodeNumbers Weights { get; init; } = new(1, 1, 1, 1);

    /// <summary>Means that are taken off before the factors apply; 0 in torchvision.</summary>
    public CodeNumbers Means { get; init; }

    /// <summary>The largest logarithm of a ratio of sides that is decoded: ln(1000 / 16).</summary>
    public float LargestLogarithm { get; init; } = (float)Math.Log(1000 / 16.0);

    /// <summary>Bound from below on logarithms, the negative of the largest, as in mmdetection.</summary>
    public bool BoundedBelow { get; init; }

    /// <summary>mmdetection's coder, whose codes are divided by standard deviations and bounded on both sides.</summary>
    public static BoxCoder FromDeviations(CodeNumbers deviations) => new()
    {
        Weights = new(1 / deviations.X, 1 / deviations.Y, 1 / deviations.Width, 1 / deviations.Height),
        BoundedBelow = true,
    };

    /// <summary>Writes the code of a box relative to a reference: an anchor or a proposal.</summary>
    public void Encode(ReadOnlySpan<float> reference, ReadOnlySpan<float> box, Span<float> code)
    {
        float width = reference[2] - reference[0];
        float height = reference[3] - reference[1];
        float centreX = reference[0] + (0.5f * width);
        float centreY = reference[1] + (0.5f * height);
        float boxWidth = box[2] - box[0];
        float boxHeight = box[3] - box[1];
        float boxCentreX = box[0] + (0.5f * boxWidth);
        float boxCentreY = box[1] + (0.5f * boxHeight);
        code[0] = Weights.X * (((boxCentreX - centreX) / width) - Means.X);
        code[1] = Weights.Y * (((boxCentreY - centreY) / height) - Means.Y);
        code[2] = Weights.Width * (MathF.Log(boxWidth / width) - Means.Width);
        code[3] = Weights.Height * (MathF.Log(boxHeight / height) - Means.Height);
    }

    /// <summary>Writes the box that a code stands for relative to a reference.</summary>
    public void Decode(ReadOnlySpan<float> reference, ReadOnlySpan<float> code, Span<float> box)
    {
        float width = reference[2] - reference[0];
        float height = reference[3] - reference[1];
        float centreX = ((code[0] / Weights.X) + Means.X) * width + (reference[0] + (0.5f * width));
        float centreY = ((code[1] / Weights.Y) + Means.Y) * height + (reference[1] + (0.5f * height));
        float halfWidth = 0.5f * (MathF.Exp(Bounded((code[2] / Weights.Width) + Means.Width)) * width);
        float halfHeight = 0.5f * (MathF.Exp(Bounded((code[3] / Weights.Height) + Means.Height)) * height);
        box[0] = centreX - halfWidth;
        box[1] = centreY - halfHeight;
        box[2] = centreX + halfWidth;
        box[3] = centreY + halfHeight;
    }

    private float Bounded(float logarithm) =>
        Math.Max(Math.Min(logarithm, LargestLogarithm), BoundedBelow ? -LargestLogarithm : float.NegativeInfinity);
}
