namespace Fovea.Models.Keys;

/// <summary>
/// The names that torchvision and mmdetection give to the tensors of detectors. A backbone's names come after a word of their own; official
/// ones have none.
/// </summary>
internal static class DetectorKeySchemes
{
    // More convolutions than the published subnets and mask heads have.
    private const int Convolutions = 8;

    private static readonly KeyRule[] _heads = [Same("rpn."), Same("roi_heads."), Same("head.")];

    /// <summary>Schemes of the codes whose files are read.</summary>
    public static IReadOnlyList<KeyScheme> All { get; } =
    [
        new("torchvision", "torchvision's detectors since 0.13", "", [.. _heads, new("fpn.", "backbone.fpn."), new("", "backbone.body.")])
        {
            Task = VisionTask.Detection,
        },
        new("torchvision-v1", "torchvision's detectors up to 0.12, as its released weights have them", "",
        [
            new("fpn.inner_blocks.*.0.", "backbone.fpn.inner_blocks.*."),
            new("fpn.layer_blocks.*.0.", "backbone.fpn.layer_blocks.*."),
            new("fpn.", "backbone.fpn."),
            new("rpn.head.conv.0.0.", "rpn.head.conv."),
            .. Convolution(i => new($"roi_heads.mask_head.{i}.0.", $"roi_heads.mask_head.mask_fcn{i + 1}.")),
            .. Convolution(i => new($"head.classification_head.conv.{i}.0.", $"head.classification_head.conv.{2 * i}.")),
            .. Convolution(i => new($"head.regression_head.conv.{i}.0.", $"head.regression_head.conv.{2 * i}.")),
            .. _heads,
            new("", "backbone.body."),
        ])
        {
            Task = VisionTask.Detection,

            // The weights that torchvision released were trained before its frozen batch normalisation had an epsilon.
            Options = new ModelOptions(NormEpsilon: 0),
        },
        new("mmdetection", "mmdetection 2", "",
        [
            new("fpn.inner_blocks.*.0.", "neck.lateral_convs.*.conv."),
            new("fpn.layer_blocks.*.0.", "neck.fpn_convs.*.conv."),
            new("fpn.extra_blocks.p6.", "neck.fpn_convs.3.conv."),
            new("fpn.extra_blocks.p7.", "neck.fpn_convs.4.conv."),
            new("rpn.head.conv.0.0.", "rpn_head.rpn_conv."),
            new("rpn.head.cls_logits.", "rpn_head.rpn_cls."),
            new("rpn.head.bbox_pred.", "rpn_head.rpn_reg."),
            new("roi_heads.box_head.fc6.", "roi_head.bbox_head.shared_fcs.0."),
            new("roi_heads.box_head.fc7.", "roi_head.bbox_head.shared_fcs.1."),
            new("roi_heads.box_predictor.cls_score.", "roi_head.bbox_head.fc_cls."),
            new("roi_heads.box_predictor.bbox_pred.", "roi_head.bbox_head.fc_reg."),
            new("roi_heads.mask_head.*.0.", "roi_head.mask_head.convs.*.conv."),
            new("roi_heads.mask_predictor.conv5_mask.", "roi_head.mask_head.upsample."),
            new("roi_heads.mask_predictor.mask_fcn_logits.", "roi_head.mask_head.conv_logits."),
            new("head.classification_head.conv.*.0.", "bbox_head.cls_convs.*.conv."),
            new("head.classification_head.cls_logits.", "bbox_head.retina_cls."),
            new("head.regression_head.conv.*.0.", "bbox_head.reg_convs.*.conv."),
            new("head.regression_head.bbox_reg.", "bbox_head.retina_reg."),
            new("", "backbone."),
        ])
        {
            Task = VisionTask.Detection,
            Options = new ModelOptions(Detector: new DetectorOptions { Form = DetectorForm.Mmdetection }),
        },
    ];

    private static KeyRule Same(string beginning) => new(beginning, beginning);

    private static IEnumerable<KeyRule> Convolution(Func<int, KeyRule> rule) => Enumerable.Range(0, Convolutions).Select(rule);
}
