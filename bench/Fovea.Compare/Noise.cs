namespace Fovea.Compare;

/// <summary>Images that are nothing in particular, always the same.</summary>
internal static class Noise
{
    /// <summary>Fills an input with values of the size that normalised pixels have.</summary>
    /// <param name="values">The input.</param>
    public static void Fill(Span<float> values)
    {
        Random random = new(1);
        foreach (ref float value in values)
        {
            value = (4 * random.NextSingle()) - 2;
        }
    }
}
