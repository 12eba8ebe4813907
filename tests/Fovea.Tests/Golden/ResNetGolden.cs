using System.Text.Json;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>Golden cases of ResNet and BoTNet: whole networks and their parts.</summary>
internal static class ResNetGolden
{
    /// <summary>The module of a case; null where the case is another family's.</summary>
    public static Module? Create(GoldenCase golden)
    {
        string model = golden.Model;
        if (model.StartsWith("unit_botnet_block", StringComparison.Ordinal))
        {
            return new Bottleneck(
                new ResNetConfig([1, 1, 1, 1]) { Activation = ActivationOf(golden) },
                golden.Option("in_channels", 0),
                golden.Option("planes", 0),
                golden.Option("stride", 1),
                Attention(golden),
                Map(golden));
        }

        if (model.StartsWith("unit_botnet_mhsa", StringComparison.Ordinal))
        {
            int channels = golden.Option("dim", golden.Option("n_dims", 0));
            return new BottleneckAttention(Attention(golden), channels, Map(golden), golden.Option("stride", 1));
        }

        return model.StartsWith("resnet", StringComparison.Ordinal) ? new Network(new ResNet(Configure(golden, null)))
            : model.StartsWith("botnet", StringComparison.Ordinal) ? new Network(new ResNet(Configure(golden, Attention(golden))))
            : null;
    }

    private static ResNetConfig Configure(GoldenCase golden, BottleneckAttentionConfig? attention)
    {
        int[] depths = golden.Options.TryGetProperty("layers", out JsonElement layers) ? GoldenCase.Ints(layers) : [3, 4, 6, 3];
        (int height, int width) = Size(golden, "img_size") ?? Size(golden, "resolution") ?? (golden.InputShape[2], golden.InputShape[3]);
        return new ResNetConfig(depths, height, width)
        {
            Classes = golden.Option("num_classes", 1000),
            Attention = attention,
            BasicBlocks = golden.Option("block", "bottleneck") == "basic",
            LastStride = golden.Option("stage4_stride", 2),
            Activation = ActivationOf(golden),
            SqueezeExcitation = golden.Option("squeeze_excite", golden.Option("se", false)),
            AttentionPooling = golden.Model.Contains("attnpool", StringComparison.Ordinal) ? Pooling(golden) : null,
        };
    }

    private static AttentionPoolingConfig Pooling(GoldenCase golden) => new()
    {
        Heads = golden.Option("num_heads", 1),
        MlpRatio = golden.Option("mlp_ratio", 3.0),
        QueryKeyValueBias = golden.Option("qkv_bias", true),
        Epsilon = (float)golden.Option("eps", 1e-6),
    };

    private static BottleneckAttentionConfig Attention(GoldenCase golden) => new()
    {
        Heads = golden.Option("heads", 4),
        HeadWidth = golden.Option("dim_head", 128),
        Position = golden.Option("position", "relative") is var position && position == "article"
            ? BottleneckPosition.Leaderj1001
            : Enum.Parse<BottleneckPosition>(position, ignoreCase: true),
        ScalePosition = golden.Option("scale_position", true),
        QueryKeyValueBias = golden.Option("qkv_bias", false),
        ShortcutActivation = golden.Option("shortcut_activation", false),
    };

    private static Activation ActivationOf(GoldenCase golden) =>
        Enum.Parse<Activation>(golden.Option("activation", "relu"), ignoreCase: true);

    /// <summary>The map's rows and columns; leaderj1001's names for them are crossed.</summary>
    private static (int Height, int Width) Map(GoldenCase golden) =>
        Size(golden, "feat_size") ?? (golden.Option("width", 0), golden.Option("height", 0));

    private static (int Height, int Width)? Size(GoldenCase golden, string option) =>
        !golden.Options.TryGetProperty(option, out JsonElement size) ? null
        : size.ValueKind == JsonValueKind.Array ? (size[0].GetInt32(), size[1].GetInt32())
        : (size.GetInt32(), size.GetInt32());
}
