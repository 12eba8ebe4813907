namespace Fovea.Models.Keys;

/// <summary>
/// The names that checkpoints use. Official ones are our own: those of the authors' code, torchvision's for ResNet. Whose names a file has
/// is found by comparing, not asked. A further scheme is a further entry of the list.
/// </summary>
public static class KeySchemes
{
    /// <summary>The names of the authors' code, which are our own.</summary>
    public static KeyScheme Official { get; } = new("official", "the authors' code (torchvision's for ResNet)", "", []);

    /// <summary>All schemes, the official one first.</summary>
    public static IReadOnlyList<KeyScheme> All { get; } =
    [
        Official,
        new("timm", "timm since 0.9.0: the pooling at the beginning of the next stage", "pit_",
        [
            new("pools.0.", "transformers.1.pool."),
            new("pools.1.", "transformers.2.pool."),
        ]),
        new("timm-0.8", "timm up to 0.8: the pooling at the end of its stage", "pit_",
        [
            new("pools.0.", "transformers.0.pool."),
            new("pools.1.", "transformers.1.pool."),
        ]),
        new("fn-wrapper", "vit-pytorch before August 2023: norms in a wrapper around each branch", "pit_lucidrains",
        [
            new("layers.*.layers.*.0.to_qkv.", "layers.*.layers.*.0.fn.to_qkv."),
            new("layers.*.layers.*.0.to_out.", "layers.*.layers.*.0.fn.to_out."),
            new("layers.*.layers.*.1.net.0.", "layers.*.layers.*.1.norm."),
            new("layers.*.layers.*.1.net.1.", "layers.*.layers.*.1.fn.net.0."),
            new("layers.*.layers.*.1.net.4.", "layers.*.layers.*.1.fn.net.3."),
        ]),
        new("lucidrains", "bottleneck-transformer-pytorch's attention in torchvision's ResNet", "botnet",
        [
            new("layer4.*.conv2.qkv.", "layer4.*.conv2.to_qkv."),
            new("layer4.*.conv2.pos_embed.height_rel", "layer4.*.conv2.pos_emb.rel_height"),
            new("layer4.*.conv2.pos_embed.width_rel", "layer4.*.conv2.pos_emb.rel_width"),
        ]),
        Transformers("transformers", "transformers: ResNetForImageClassification", "resnet.", []),
        Transformers("transformers-backbone", "transformers: ResNetModel, without a classifier", "", ["fc."]),
        new("dense", "backbones of detectors and segmenters: no final norm, no classifier", "crossformer", [])
        {
            Absent = ["norm.", "head."],
        },
        .. DetectorKeySchemes.All,
        new("mmsegmentation", "mmsegmentation", "",
        [
            new("neck.", "neck."),
            new("decode_head.", "decode_head."),
            new("auxiliary_head.", "auxiliary_head."),
            new("", "backbone."),
        ])
        {
            Task = VisionTask.Segmentation,
        },
    ];

    /// <summary>
    /// Suffixes of entries beside a network's tensors that may be left out without loss: constants that
    /// CrossFormer's code of 2021 kept, and what counters of operations leave behind.
    /// </summary>
    public static IReadOnlyList<string> IgnoredKeys { get; } =
        ["attn.biases", "attn.relative_position_index", "attn_mask", "total_ops", "total_params"];

    // Buffers of the normalisation of images, which training code keeps beside the network; ours is part of the preprocessing.
    private static readonly string[] _normalization = ["mean", "std", "pixel_mean", "pixel_std"];

    /// <summary>The schemes that a model's names can have; those that would change none are left out.</summary>
    /// <param name="signature">The model.</param>
    internal static IReadOnlyList<KeyScheme> Of(ModelSignature signature)
    {
        return [.. All.Where(scheme => scheme == Official || Changes(scheme))];

        bool Changes(KeyScheme scheme) =>
            scheme.Task == ModelRegistry.TaskOf(signature.Model)
            && signature.Model.StartsWith(scheme.Models, StringComparison.Ordinal)
            && signature.Tensors.Keys.Any(name => scheme.NameOf(name) != name)
            && (scheme.Absent.Count == 0 || signature.Tensors.Keys.Any(name => scheme.NameOf(name) is null));
    }

    /// <summary>The names that transformers gives to the tensors of a ResNet.</summary>
    private static KeyScheme Transformers(string name, string description, string prefix, IReadOnlyList<string> absent)
    {
        List<KeyRule> rules =
        [
            new("conv1.", $"{prefix}embedder.embedder.convolution."),
            new("bn1.", $"{prefix}embedder.embedder.normalization."),
            new("fc.", "classifier.1."),
        ];
        for (int stage = 0; stage < 4; stage++)
        {
            string other = $"{prefix}encoder.stages.{stage}.layers.*.";
            string official = $"layer{stage + 1}.*.";
            for (int layer = 0; layer < 3; layer++)
            {
                rules.Add(new($"{official}conv{layer + 1}.", $"{other}layer.{layer}.convolution."));
                rules.Add(new($"{official}bn{layer + 1}.", $"{other}layer.{layer}.normalization."));
            }

            rules.Add(new($"{official}downsample.0.", $"{other}shortcut.convolution."));
            rules.Add(new($"{official}downsample.1.", $"{other}shortcut.normalization."));
        }

        return new KeyScheme(name, description, "resnet", rules) { Absent = absent };
    }

    /// <summary>Tells whether a name is one of those that may be left out.</summary>
    public static bool IsIgnored(string name) =>
        _normalization.Contains(name) || IgnoredKeys.Any(ending => name == ending || name.EndsWith($".{ending}", StringComparison.Ordinal));
}
