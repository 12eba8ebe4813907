namespace Fovea.Detection;

/// <summary>Scores from logits.</summary>
internal static class ScoreFunctions
{
    /// <summary>The logistic function.</summary>
    public static float Sigmoid(float logit) => 1 / (1 + MathF.Exp(-logit));

    /// <summary>Logit of a score less a small margin: a score above has a logit above, whatever the rounding.</summary>
    public static float LogitBelow(float score) => (float)Math.Log(score / (1.0 - score)) - 0.01f;

    /// <summary>Probabilities of classes.</summary>
    public static void Softmax(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        float largest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        float sum = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] = MathF.Exp(logits[i] - largest);
            sum += probabilities[i];
        }

        for (int i = 0; i < logits.Length; i++)
        {
            probabilities[i] /= sum;
        }
    }
}
