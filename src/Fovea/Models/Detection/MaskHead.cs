using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Head of Mask R-CNN on pooled regions (arXiv 1703.06870, figure 4): 3×3 convolutions, a transposed one that doubles the sides, and the
/// logits of each class at every pixel. Checkpoint keys <c>mask_head.I.0</c>, <c>mask_predictor.conv5_mask</c>,
/// <c>mask_predictor.mask_fcn_logits</c>.
/// </summary>
internal sealed class MaskHead : Module
{
    private readonly ConvolutionStack _convolutions;
    private readonly ConvTranspose2d _enlarging;
    private readonly Conv2d _logits;

    /// <summary>Makes a head.</summary>
    /// <param name="channels">Channels of the pooled regions.</param>
    /// <param name="widths">Channels of each 3×3 convolution.</param>
    /// <param name="enlarged">Channels of the transposed convolution.</param>
    /// <param name="classes">Masks of a region.</param>
    /// <param name="background">True if one of them is the background's.</param>
    public MaskHead(int channels, IReadOnlyList<int> widths, int enlarged, int classes, bool background = false)
    {
        Initializer initializer = Initializer.KaimingNormalFanOut;
        _convolutions = Add("mask_head", new ConvolutionStack(channels, widths, initializer));
        _enlarging = Add("mask_predictor.conv5_mask", new ConvTranspose2d(_convolutions.Channels, enlarged, initializer: initializer));
        _logits = Add("mask_predictor.mask_fcn_logits", new Conv2d(enlarged, classes, kernel: 1, initializer: initializer));
        Parameter.CountClasses(_logits, untold: background ? 1 : 0);
    }

    /// <summary>Builds the head: regions (K, side, side, C) to logits (K, 2·side, 2·side, classes).</summary>
    /// <remarks>Activation and logits come before pixels are put in place: there are far fewer logits to move than channels.</remarks>
    protected override Value Build(Value x) =>
        ConvTranspose2d.Arrange(_logits.Forward(Enlarge(x)));

    /// <summary>Builds the head for one mask of each region.</summary>
    /// <param name="x">Pooled regions (K, side, side, C).</param>
    /// <param name="choices">1 for the class whose mask it is, 0 for the others (K, classes).</param>
    /// <returns>Logits (K, 2·side, 2·side, 1).</returns>
    public Value ForwardChosen(Value x, Value choices)
    {
        using (Enter(x.Graph))
        {
            return ConvTranspose2d.Arrange(_logits.ForwardChosen(Enlarge(x), choices));
        }
    }

    private Value Enlarge(Value x) => _enlarging.RectifiedSquares(_convolutions.Forward(x));
}
