namespace Fovea.Engine.Tests.Kernels;

/// <summary>Comparisons shared by the kernels' tests.</summary>
internal static class Agreement
{
    /// <summary>|got − want| ≤ tolerance·max(1, |want|) at every index.</summary>
    public static void All(ReadOnlySpan<float> got, double[] want, double tolerance, string what)
    {
        Assert.Equal(want.Length, got.Length);
        for (int i = 0; i < want.Length; i++)
        {
            bool near = Math.Abs(got[i] - want[i]) <= tolerance * Math.Max(1, Math.Abs(want[i]));
            Assert.True(near, $"{what}: element {i} is {got[i]}, expected {want[i]}.");
        }
    }

    /// <summary>The ways to group parts that the tests try: all at once, one by one, and in two uneven ranges.</summary>
    public static IEnumerable<(int First, int Last)[]> Groupings(int parts)
    {
        yield return [(0, parts)];
        yield return [.. Enumerable.Range(0, parts).Reverse().Select(part => (part, part + 1))];
        yield return [(0, parts / 3), (parts / 3, parts)];
    }
}
