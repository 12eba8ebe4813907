using Fovea.Engine;

namespace Fovea.Data;

/// <summary>Weight, and window of CutMix, by which an image is mixed with its partner.</summary>
/// <param name="Share">Weight λ of the image itself; 1 leaves it as it is.</param>
/// <param name="Box">Window that comes from the partner; null for mixup.</param>
internal readonly record struct MixingDraw(float Share, RandomCrop? Box = null)
{
    /// <summary>A draw of CutMix: λ is the share of the image that lies outside the window.</summary>
    /// <param name="width">The image's width.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="box">The window.</param>
    public static MixingDraw CutMix(int width, int height, RandomCrop box) =>
        new((float)(1 - ((double)(box.Width * box.Height) / (width * height))), box);

    /// <summary>Draws for a batch or one of its images, as timm does.</summary>
    /// <param name="options">Distributions and probabilities.</param>
    /// <param name="batch">The batch, for the size of its images.</param>
    /// <param name="random">The draws.</param>
    public static MixingDraw Take(Mixing options, Batch batch, ref KeyedRandom random)
    {
        if (!random.NextBoolean(options.Probability))
        {
            return new MixingDraw(1);
        }

        bool both = options.MixupAlpha > 0 && options.CutMixAlpha > 0;
        bool cut = both ? random.NextBoolean(options.SwitchProbability) : options.CutMixAlpha > 0;
        double share = random.NextBeta(cut ? options.CutMixAlpha : options.MixupAlpha);
        IReadOnlyList<int> shape = batch[Batch.ImagesName].Field.Shape;
        return cut ? CutMix(shape[1], shape[0], ChooseBox(shape[1], shape[0], share, ref random)) : new MixingDraw((float)share);
    }

    /// <summary>A window in the image's proportions around an even point, cut at the border.</summary>
    private static RandomCrop ChooseBox(int width, int height, double share, ref KeyedRandom random)
    {
        double ratio = Math.Sqrt(1 - share);
        (int halfHeight, int halfWidth) = ((int)(height * ratio) / 2, (int)(width * ratio) / 2);
        int y = random.NextInt32(height);
        int x = random.NextInt32(width);
        (int top, int left) = (Math.Max(y - halfHeight, 0), Math.Max(x - halfWidth, 0));
        return new RandomCrop(left, top, Math.Min(x + halfWidth, width) - left, Math.Min(y + halfHeight, height) - top);
    }
}
