using Fovea.Layers;

namespace Fovea.Models;

/// <summary>Position embedding of the attention of a bottleneck transformer.</summary>
public enum BottleneckPosition
{
    /// <summary>
    /// Relative position embedding of the paper: one vector for each row offset and each column offset between query and key, shared by the
    /// heads.
    /// </summary>
    Relative,

    /// <summary>
    /// Absolute position embedding of the paper's ablation: one vector for each row and each column of the keys, shared by the heads.
    /// </summary>
    Absolute,

    /// <summary>
    /// Position embedding of leaderj1001/BottleneckTransformers: one vector for each row and each column and head, multiplied with the
    /// queries of the key positions; no product is scaled.
    /// </summary>
    Leaderj1001,

    /// <summary>No position embedding: scores from content alone.</summary>
    None,

    /// <summary>Relative position embedding without the products of queries and keys: scores from position alone.</summary>
    RelativeOnly,
}

/// <summary>Stages of a BoTNet whose bottlenecks attend, by the paper's names.</summary>
[Flags]
public enum AttentionStages
{
    /// <summary>The last stage but one, whose maps have a sixteenth of the image's side in the published networks.</summary>
    C4 = 1,

    /// <summary>The last stage.</summary>
    C5 = 2,
}

/// <summary>Attention in place of the 3×3 convolutions of the last stages (arXiv 2101.11605, section 3).</summary>
public sealed record BottleneckAttentionConfig
{
    /// <summary>Number of heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Stages that attend: the last one, or others in the paper's ablations.</summary>
    public AttentionStages Stages { get; init; } = AttentionStages.C5;

    /// <summary>
    /// Channels of a head in the last stage, half as many in the one before, whose maps have half the width;
    /// <see cref="BottleneckPosition.Leaderj1001"/> divides the bottleneck's width by the heads instead.
    /// </summary>
    public int HeadWidth { get; init; } = 128;

    /// <summary>Kind of position embedding.</summary>
    public BottleneckPosition Position { get; init; }

    /// <summary>True if products with the position embedding are scaled like those with keys.</summary>
    public bool ScalePosition { get; init; } = true;

    /// <summary>True if queries, keys and values have a bias; those of <see cref="BottleneckPosition.Leaderj1001"/> always have.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>True if an activation follows the shortcut's normalisation.</summary>
    public bool ShortcutActivation { get; init; }

    /// <summary>True if the last normalisation of each block begins at 0, so that the block begins as its shortcut.</summary>
    public bool ZeroLastGamma { get; init; } = true;
}

/// <summary>Attention pooling: a class token that attends to the last map, in place of average pooling (arXiv 2112.13692).</summary>
public sealed record AttentionPoolingConfig
{
    /// <summary>Number of heads.</summary>
    public int Heads { get; init; } = 1;

    /// <summary>Hidden width of the feed-forward network by channels.</summary>
    public double MlpRatio { get; init; } = 3;

    /// <summary>True if queries, keys and values have a bias.</summary>
    public bool QueryKeyValueBias { get; init; } = true;

    /// <summary>ε of the layer normalisations.</summary>
    public float Epsilon { get; init; } = 1e-6f;

    /// <summary>First value of the layer scales.</summary>
    public float LayerScale { get; init; } = 1e-4f;
}

/// <summary>
/// A member of the ResNet family (arXiv 1512.03385), or of BoTNet's, which is a ResNet with attention in its last stage (arXiv 2101.11605).
/// </summary>
/// <param name="Depths">Blocks of the stages: four in the published networks, three where images are small.</param>
/// <param name="Height">Rows of the images that position embeddings are made for.</param>
/// <param name="Width">Columns of the images that position embeddings are made for.</param>
public sealed record ResNetConfig(IReadOnlyList<int> Depths, int Height = 224, int Width = 224)
    : NetworkConfig(Height, Width)
{
    /// <summary>Channels of the stem, and width of the first stage's blocks where <see cref="Widths"/> say no other.</summary>
    public int StemChannels { get; init; } = 64;

    /// <summary>
    /// True for a stem of one 3×3 convolution of stride 1 before the pooling of stride 2, for images of 32 pixels, in place of a 7×7
    /// convolution of stride 2.
    /// </summary>
    public bool SmallImages { get; init; }

    /// <summary>
    /// True for a stem of three 3×3 convolutions, the first of stride 2, in place of a 7×7 convolution: mmsegmentation's <c>ResNetV1c</c>
    /// (arXiv 1812.01187, section 4.2).
    /// </summary>
    public bool DeepStem { get; init; }

    /// <summary>
    /// True for blocks of two 3×3 convolutions (arXiv 1512.03385, figure 5, left) in place of bottlenecks; it excludes
    /// <see cref="Attention"/>, which lies in a bottleneck.
    /// </summary>
    public bool BasicBlocks { get; init; }

    /// <summary>
    /// True if a stage of basic blocks halves its map by the maximum of 2×2 positions behind its first 3×3 convolution, in place of that
    /// convolution's stride, as networks do that learn CIFAR-10 in few epochs (arXiv 2404.00498, section 3.1).
    /// </summary>
    public bool MaxPooledStages { get; init; }

    /// <summary>Widths of the stages' blocks; that of the stem, doubled with each stage, where null.</summary>
    public IReadOnlyList<int>? Widths { get; init; }

    /// <summary>
    /// Channels out of a bottleneck, in widths of its narrow maps: 4, or 2 for bottlenecks that are twice as wide (arXiv 1605.07146).
    /// </summary>
    public int Expansion { get; init; } = 4;

    /// <summary>Attention of the last stages; null for a plain ResNet.</summary>
    public BottleneckAttentionConfig? Attention { get; init; }

    /// <summary>Stride of the last stage: 2, or 1 for the S1 versions.</summary>
    public int LastStride { get; init; } = 2;

    /// <summary>The activation throughout.</summary>
    public Activation Activation { get; init; } = Activation.Relu;

    /// <summary>True if blocks with convolutions weigh their channels (squeeze and excitation, ratio 1/16).</summary>
    public bool SqueezeExcitation { get; init; }

    /// <summary>Attention pooling; null for average pooling.</summary>
    public AttentionPoolingConfig? AttentionPooling { get; init; }

    /// <summary>True if checkpoint keys, and shortcuts with a bias, are those of leaderj1001/BottleneckTransformers.</summary>
    public bool IsLeaderj1001 => Attention?.Position == BottleneckPosition.Leaderj1001;

    /// <summary>Pixels between neighbouring positions of the stem's map.</summary>
    public int StemStride => SmallImages ? 2 : 4;

    /// <summary>Width of the blocks of a stage, counted from 0: channels of a bottleneck's narrow maps, or of a basic block's.</summary>
    public int WidthOf(int stage) => Widths is null ? StemChannels << stage : Widths[stage];

    /// <summary>Channels of the maps after a stage, counted from 0.</summary>
    public int ChannelsAfter(int stage) => WidthOf(stage) * (BasicBlocks ? 1 : Expansion);

    /// <summary>Stride of the first block of a stage, counted from 0.</summary>
    public int StrideOf(int stage) => stage == 0 ? 1 : stage == Depths.Count - 1 ? LastStride : 2;

    /// <summary>The attention of a stage, counted from 0; null for 3×3 convolutions.</summary>
    public BottleneckAttentionConfig? AttentionOf(int stage) => (Attention, Depths.Count - 1 - stage) switch
    {
        ({ } attention, 0) when attention.Stages.HasFlag(AttentionStages.C5) => attention,
        ({ } attention, 1) when attention.Stages.HasFlag(AttentionStages.C4) => attention with { HeadWidth = attention.HeadWidth / 2 },
        _ => null,
    };

    /// <summary>Rows and columns of the maps that a block is given, for images of the network's own size.</summary>
    /// <param name="stage">The stage's index, from 0.</param>
    /// <param name="block">The block's index in the stage.</param>
    public (int Height, int Width) MapSize(int stage, int block)
    {
        // A stage halves in its first block, behind the attention.
        int halvings = (SmallImages ? 1 : 2) + Enumerable.Range(0, block == 0 ? stage : stage + 1).Count(before => StrideOf(before) == 2);
        return (Halve(Height, halvings), Halve(Width, halvings));
    }

    private static int Halve(int side, int times) => (side + (1 << times) - 1) >> times;
}
