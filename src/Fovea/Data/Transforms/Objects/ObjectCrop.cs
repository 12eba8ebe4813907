using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Cuts a random window out, each side between two lengths, and keeps the objects whose centre is inside, clipped at its border. Where an
/// image is smaller than the window, its whole side is taken.
/// </summary>
/// <param name="MinSide">Smallest side of the window in pixels.</param>
/// <param name="MaxSide">Largest side of the window in pixels.</param>
public sealed record ObjectCrop(int MinSide = 384, int MaxSide = 600) : ISampleTransform
{
    /// <summary>Cuts a window out and removes objects whose centre is outside, or of which less than a pixel of a side is left.</summary>
    internal static void Cut(Sample sample, int left, int top, int width, int height)
    {
        for (int i = sample.Instances.Count - 1; i >= 0; i--)
        {
            Box box = sample.Instances[i].Box;
            (float x, float y) = ((box.Left + box.Right) / 2, (box.Top + box.Bottom) / 2);
            Box inside = box.Within(left, top, width, height);
            bool isCentred = x >= left && x < left + width && y >= top && y < top + height;
            if (!isCentred || inside.Right - inside.Left < InstanceRules.MinSide || inside.Bottom - inside.Top < InstanceRules.MinSide)
            {
                sample.Instances.RemoveAt(i);
            }
        }

        sample.Crop(left, top, width, height);
    }

    /// <inheritdoc/>
    public void Apply(Sample sample, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(sample);
        int width = Side(sample.Width, ref random);
        int height = Side(sample.Height, ref random);
        int left = random.NextInt32(sample.Width - width + 1);
        int top = random.NextInt32(sample.Height - height + 1);
        Cut(sample, left, top, width, height);
    }

    private int Side(int length, ref KeyedRandom random)
    {
        (int least, int most) = (Math.Min(length, MinSide), Math.Min(length, MaxSide));
        return least + random.NextInt32(most - least + 1);
    }
}
