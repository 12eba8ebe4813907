using System.Text.Json;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>The network of the tiny detectors: four convolutions as a backbone, with one of the library's detectors on it.</summary>
internal static class TinyDetector
{
    /// <summary>Makes the network that a case describes.</summary>
    public static Network Create(GoldenCase golden)
    {
        Dictionary<string, int[]> state = golden.State.ToDictionary(entry => entry.Name, entry => entry.Shape);
        int[] channels = [.. Enumerable.Range(0, 4).Select(i => state[$"backbone.body.{i}.weight"][0])];
        TinyBody body = new(new TinyBodyConfig(channels));
        JsonElement options = golden.Options;
        bool isRetina = IsRetina(golden);
        DetectorOptions detector = new()
        {
            Channels = state["backbone.fpn.layer_blocks.0.0.weight"][0],
            AnchorSizes =
            [
                .. options.GetProperty("anchor_sizes").EnumerateArray().Select(size => (IReadOnlyList<float>)(
                    size.ValueKind == JsonValueKind.Array
                        ? [.. size.EnumerateArray().Select(one => one.GetSingle())]
                        : [size.GetSingle()])),
            ],
            AnchorRatios = [.. options.GetProperty("aspect_ratios").EnumerateArray().Select(ratio => ratio.GetSingle())],
        };
        int classes = golden.Option("num_classes", 0);
        if (isRetina)
        {
            return new Network(body, new RetinaNet(body, classes, detector with
            {
                Convolutions = state.Keys.Count(key => key.StartsWith("head.regression_head.conv.", StringComparison.Ordinal)) / 2,
                CandidatesPerLevel = golden.Option("topk_candidates", 1000),
                Detections = golden.Option("detections_per_img", 300),
                ScoreThreshold = (float)golden.Option("score_thresh", 0.05),
                DetectionOverlap = golden.Option("nms_thresh", 0.5),
            }));
        }

        return new Network(body, new FasterRcnn(body, classes - 1, masks: true, detector with
        {
            Width = state["roi_heads.box_head.fc6.weight"][0],
            MaskConvolutions =
            [
                .. state.Where(entry => entry.Key.StartsWith("roi_heads.mask_head.", StringComparison.Ordinal) && entry.Value.Length == 4)
                    .Select(entry => entry.Value[0]),
            ],
            MaskChannels = state["roi_heads.mask_predictor.conv5_mask.weight"][1],
            TrainingProposalsPerLevel = options.GetProperty("rpn_pre_nms_top_n").GetProperty("train").GetInt32(),
            TrainingProposals = options.GetProperty("rpn_post_nms_top_n").GetProperty("train").GetInt32(),
            ProposalsPerLevel = options.GetProperty("rpn_pre_nms_top_n").GetProperty("test").GetInt32(),
            Proposals = options.GetProperty("rpn_post_nms_top_n").GetProperty("test").GetInt32(),
            AnchorSample = golden.Option("rpn_batch_size_per_image", 256),
            RegionSample = golden.Option("box_batch_size_per_image", 512),
            BoxPooling = options.GetProperty("box_pool").GetProperty("size").GetInt32(),
            MaskPooling = options.GetProperty("mask_pool").GetProperty("size").GetInt32(),
            Detections = golden.Option("box_detections_per_img", 100),
            ScoreThreshold = (float)golden.Option("box_score_thresh", 0.05),
        }));
    }

    /// <summary>Key that the reference has for a tensor: the backbone's and the pyramid's stand together there.</summary>
    public static string ReferenceKey(string key) =>
        key.StartsWith("fpn.", StringComparison.Ordinal) ? $"backbone.{key}" : key;

    /// <summary>True for RetinaNet.</summary>
    public static bool IsRetina(GoldenCase golden) => golden.Model.StartsWith("retinanet", StringComparison.Ordinal);

    private sealed record TinyBodyConfig(IReadOnlyList<int> Channels) : NetworkConfig(64, 96);

    /// <summary>3×3 convolutions with a bias, each followed by a ReLU.</summary>
    private sealed class TinyBody : Backbone
    {
        private static readonly int[] _strides = [4, 2, 2, 2];
        private readonly IReadOnlyList<int> _channels;
        private readonly Conv2d[] _convolutions;

        public TinyBody(TinyBodyConfig config)
            : base(config)
        {
            _channels = config.Channels;
            _convolutions =
            [
                .. _channels.Select((width, i) =>
                    Add($"backbone.body.{i}", new Conv2d(i == 0 ? 3 : _channels[i - 1], width, kernel: 3, _strides[i], padding: 1))),
            ];
        }

        public override IReadOnlyList<StageDescription> Stages =>
            [.. _channels.Select((width, i) => new StageDescription($"stage{i + 1}", 4 << i, width))];

        public override int Channels => _channels[^1];

        protected override Value BuildStages(Value x)
        {
            for (int i = 0; i < _convolutions.Length; i++)
            {
                x = _convolutions[i].Forward(x).Relu().Mark($"stage{i + 1}");
            }

            return x;
        }
    }
}
