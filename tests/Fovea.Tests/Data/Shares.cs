using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>Random choices, seen in their results, against the shares that they should have.</summary>
internal sealed class Shares
{
    private readonly Dictionary<string, double> _expected = [];

    /// <summary>Adds to the share of a result.</summary>
    public void Add(Image result, double share) =>
        _expected[Key(result)] = _expected.GetValueOrDefault(Key(result)) + share;

    /// <summary>Applies a transform with many seeds and holds the results against the shares, by Pearson's χ².</summary>
    public void Check(ISampleTransform transform, Image image, int draws)
    {
        Assert.Equal(1, _expected.Values.Sum(), 6);
        Dictionary<string, int> counts = [];
        using Sample sample = new();
        for (ulong index = 0; index < (ulong)draws; index++)
        {
            KeyedRandom random = new(7, 1, index);
            sample.Start(image);
            transform.Apply(sample, ref random);
            string key = Key(sample.ToImage());
            Assert.True(_expected.ContainsKey(key), $"Draw {index} gives an image that no operation makes.");
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        double distance = _expected.Sum(
            share => Square(counts.GetValueOrDefault(share.Key) - (share.Value * draws)) / (share.Value * draws));

        // χ² has the mean k and the variance 2k; five deviations are more than chance gives.
        double freedom = _expected.Count - 1;
        Assert.True(distance < freedom + (5 * Math.Sqrt(2 * freedom)), $"χ² is {distance} at {freedom} degrees of freedom.");
    }

    private static double Square(double value) => value * value;

    private static string Key(Image image) => TestData.Digest(image.Pixels);
}
