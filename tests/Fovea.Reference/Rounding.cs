namespace Fovea.Reference;

/// <summary>Where numbers in double precision become results.</summary>
internal static class Rounding
{
    /// <summary>Rounds every number and stores them one after another.</summary>
    public static void Store(double[] numbers, float[] result, int start = 0)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            result[start + i] = (float)numbers[i];
        }
    }
}
