using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>Mixes each image of a batch, and its distribution, with the image that stands opposite in the batch.</summary>
internal sealed class Mixup : IBatchTransform
{
    public void Apply(Batch batch, ref KeyedRandom random)
    {
        float share = (float)random.NextDouble(0.5, 1);
        foreach (BatchArray array in batch.Arrays)
        {
            for (int row = 0; row < batch.Count / 2; row++)
            {
                Mix(array.FloatRow(row), array.FloatRow(batch.Count - 1 - row), share);
            }
        }
    }

    private static void Mix(Span<float> one, Span<float> other, float share)
    {
        for (int i = 0; i < one.Length; i++)
        {
            (one[i], other[i]) = ((share * one[i]) + ((1 - share) * other[i]), (share * other[i]) + ((1 - share) * one[i]));
        }
    }
}
