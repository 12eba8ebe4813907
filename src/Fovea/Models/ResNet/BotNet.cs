using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Bottleneck transformers (arXiv 2101.11605): <see cref="ResNet"/>s whose bottlenecks of the last stage hold
/// <see cref="BottleneckAttention"/> in place of the 3×3 convolution.
/// </summary>
public static class BotNet
{
    /// <summary>
    /// Variants by name, at the size that they are published for. <c>botnet50_leaderj1001</c> is that of
    /// leaderj1001/BottleneckTransformers.
    /// </summary>
    public static IReadOnlyDictionary<string, ResNetConfig> Variants { get; } = new OrderedDictionary<string, ResNetConfig>
    {
        ["botnet50"] = Create([3, 4, 6, 3]),
        ["botnet101"] = Create([3, 4, 23, 3]),
        ["botnet152"] = Create([3, 8, 36, 3]),
        ["botnet200"] = Create([3, 24, 36, 3]),
        ["botnet_s1_50"] = Create([3, 4, 6, 3], lastStride: 1),
        ["botnet_s1_101"] = Create([3, 4, 23, 3], lastStride: 1),
        ["botnet_s1_152"] = Create([3, 8, 36, 3], lastStride: 1),

        // Section 4.8 and table 8: longer last stages, SiLU, squeeze and excitation.
        ["botnet_t3"] = T([3, 4, 6, 6], 224),
        ["botnet_t4"] = T([3, 4, 23, 6], 224),
        ["botnet_t5"] = T([3, 4, 23, 12], 256),
        ["botnet_t6"] = T([3, 4, 6, 12], 320),
        ["botnet_t7_320"] = T([3, 4, 23, 12], 320),
        ["botnet_t7"] = T([3, 4, 23, 12], 384),
        ["botnet_nano"] = Nano(BottleneckPosition.Relative),
        ["botnet50_leaderj1001"] = new([3, 4, 6, 3])
        {
            Attention = new BottleneckAttentionConfig { Position = BottleneckPosition.Leaderj1001, ZeroLastGamma = false },
            Dropout = 0.3f,
        },
    };

    /// <summary><c>botnet_nano</c> with scores from content alone, from position alone, or with absolute positions, by name.</summary>
    public static IReadOnlyDictionary<string, ResNetConfig> Ablations { get; } = new OrderedDictionary<string, ResNetConfig>
    {
        ["botnet_nano_content"] = Nano(BottleneckPosition.None),
        ["botnet_nano_position"] = Nano(BottleneckPosition.RelativeOnly),
        ["botnet_nano_absolute"] = Nano(BottleneckPosition.Absolute),
    };

    /// <summary>ResNet of three stages for images of 32 pixels, with an attention on a map of 8×8 and one of 4×4.</summary>
    /// <param name="position">Kind of position embedding; null for convolutions in place of the attention.</param>
    internal static ResNetConfig Nano(BottleneckPosition? position = null) => new([2, 2, 2], 32, 32)
    {
        SmallImages = true,
        StemChannels = 48,
        Expansion = 2,
        Classes = 10,
        Attention = position is BottleneckPosition kind ? new BottleneckAttentionConfig { HeadWidth = 48, Position = kind } : null,
    };

    private static ResNetConfig Create(int[] depths, int lastStride = 2, int size = 224) =>
        new(depths, size, size) { Attention = new BottleneckAttentionConfig(), LastStride = lastStride };

    private static ResNetConfig T(int[] depths, int size) =>
        Create(depths, lastStride: 1, size) with { Activation = Activation.Silu, SqueezeExcitation = true };
}
