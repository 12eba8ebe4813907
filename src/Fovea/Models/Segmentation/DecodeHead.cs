using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Base class of heads that tell the class of every pixel: from maps of several sizes to features of the finest, and from these to logits.
/// Checkpoint key <c>conv_seg</c>; keys and defaults are mmsegmentation's.
/// </summary>
internal abstract class DecodeHead : Module
{
    private readonly DecodeHeadOptions _options;
    private readonly Conv2d _logits;

    /// <summary>Makes the last layer.</summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="options">Options.</param>
    protected DecodeHead(int classes, DecodeHeadOptions options)
    {
        _options = options;
        _logits = Add("conv_seg", new Conv2d(options.Channels, classes, kernel: 1, initializer: Initializer.Normal(0.01)));
        Parameter.CountClasses(_logits);
    }

    /// <summary>Builds the head.</summary>
    /// <param name="maps">Maps (N, H, W, C) of the stages that it reads, the finest first.</param>
    /// <returns>Logits (N, H, W, classes) of the finest map's size.</returns>
    public Value Forward(IReadOnlyList<Value> maps)
    {
        using (Enter(maps[0].Graph))
        {
            return _logits.Forward(DropChannels(Features(maps)));
        }
    }

    /// <summary>
    /// Loss of a head: logits are resized to the labels, and the cross-entropy is averaged over all pixels, those that are left out
    /// counting 0.
    /// </summary>
    /// <param name="logits">Logits (N, h, w, classes).</param>
    /// <param name="labels">Labels (N, H, W) of Int32; −1 leaves a pixel out.</param>
    /// <param name="alignCorners">True if the centres of the corners meet.</param>
    /// <returns>A single number (1).</returns>
    public static Value Loss(Value logits, Value labels, bool alignCorners = false) =>
        Losses(logits, labels, alignCorners).Mean(0).Reshape([1]);

    /// <summary>Cross-entropy of each pixel (N·H·W), 0 where it is left out, of logits that are resized to the labels.</summary>
    /// <inheritdoc cref="Loss"/>
    public static Value Losses(Value logits, Value labels, bool alignCorners = false)
    {
        Shape pixels = labels.Shape;
        int count = (int)pixels.Elements;
        return logits
            .Resize(Interpolation.Bilinear, pixels[1], pixels[2], alignCorners)
            .Reshape([count, logits.Shape.Last])
            .CrossEntropy(labels.Reshape([count]));
    }

    /// <summary>Builds the features in front of the logits.</summary>
    protected abstract Value Features(IReadOnlyList<Value> maps);

    /// <summary>A map at the size of another.</summary>
    protected Value Resized(Value map, Value like) =>
        map.Resize(Interpolation.Bilinear, like.Shape[1], like.Shape[2], _options.AlignCorners);

    private Value DropChannels(Value x)
    {
        if (!x.Graph.Training || _options.Dropout == 0)
        {
            return x;
        }

        (int images, int channels) = (x.Shape[0], x.Shape.Last);
        Value kept = x.Graph.Filled([images * channels, 1], 1).DropPath(_options.Dropout);
        return x * kept.Reshape([images, 1, 1, channels]).BroadcastTo(x.Shape);
    }
}
