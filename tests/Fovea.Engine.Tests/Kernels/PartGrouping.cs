namespace Fovea.Engine.Tests.Kernels;

/// <summary>Holds kernels to their promise that the bits of a result do not depend on how its parts are grouped.</summary>
internal static class PartGrouping
{
    /// <summary>Runs all parts at once and then one by one from the last, and compares what they leave in the results.</summary>
    public static void AssertNoInfluence(int parts, Action<int, int> run, params GuardedMemory[] results)
    {
        run(0, parts);
        float[][] atOnce = [.. results.Select(result => result.ToArray())];
        foreach (GuardedMemory result in results)
        {
            result.Span.Fill(float.NaN);
        }

        for (int part = parts - 1; part >= 0; part--)
        {
            run(part, part + 1);
        }

        for (int index = 0; index < results.Length; index++)
        {
            results[index].AssertGuards();
            Assert.Equal(
                atOnce[index].Select(BitConverter.SingleToInt32Bits),
                results[index].ToArray().Select(BitConverter.SingleToInt32Bits));
        }
    }
}
