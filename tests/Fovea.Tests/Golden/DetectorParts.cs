using System.Text.Json;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>
/// The differentiable parts of the tiny detectors (pyramid, heads, pooled regions), each fed with what the reference decided in between:
/// proposals and detections stand in the cases.
/// </summary>
internal sealed class DetectorParts : Module
{
    private const double Slack = 10;
    private readonly GoldenCase _golden;
    private readonly DetectorImages _images;
    private readonly int[] _strides = [4, 2, 2, 2];
    private readonly List<Conv2d> _body = [];
    private readonly FeaturePyramid _pyramid;
    private readonly RpnHead? _rpn;
    private readonly BoxHead? _box;
    private readonly MaskHead? _mask;
    private readonly RetinaNetHead? _retina;
    private readonly Dictionary<string, float[]> _regions = [];

    private DetectorParts(GoldenCase golden)
    {
        (_golden, _images) = (golden, new DetectorImages(golden));
        Dictionary<string, int[]> state = golden.State.ToDictionary(entry => entry.Name, entry => entry.Shape);
        int[] channels = [.. Enumerable.Range(0, 4).Select(i => state[$"backbone.body.{i}.weight"][0])];
        foreach (int width in channels)
        {
            int i = _body.Count;
            _body.Add(Add($"backbone.body.{i}", new Conv2d(i == 0 ? 3 : channels[i - 1], width, kernel: 3, _strides[i], padding: 1)));
        }

        int pyramid = state["backbone.fpn.layer_blocks.0.0.weight"][0];
        bool isRetina = golden.Model.StartsWith("retinanet", StringComparison.Ordinal);
        int anchors = golden.Options.GetProperty("aspect_ratios").GetArrayLength();
        _pyramid = Add("backbone.fpn", new FeaturePyramid(channels, new FeaturePyramidOptions
        {
            Channels = pyramid,
            FirstStage = isRetina ? 1 : 0,
            Extra = isRetina ? 2 : 1,
            ExtraFrom = isRetina ? ExtraLevels.Output : ExtraLevels.MaxPool,
            ExtraRelu = true,
        }));
        int classes = golden.Option("num_classes", 0);
        if (isRetina)
        {
            anchors *= golden.Options.GetProperty("anchor_sizes")[0].GetArrayLength();
            int convolutions = state.Keys.Count(key => key.StartsWith("head.regression_head.conv.", StringComparison.Ordinal)) / 2;
            _retina = Add("head", new RetinaNetHead(pyramid, anchors, classes, convolutions));
            return;
        }

        _rpn = Add("rpn.head", new RpnHead(pyramid, anchors));
        int side = golden.Options.GetProperty("box_pool").GetProperty("size").GetInt32();
        _box = Add("roi_heads", new BoxHead(pyramid, side, state["roi_heads.box_head.fc6.weight"][0], classes, classes));
        int[] widths =
        [
            .. state.Where(entry => entry.Key.StartsWith("roi_heads.mask_head.", StringComparison.Ordinal) && entry.Value.Length == 4)
                .Select(entry => entry.Value[0]),
        ];
        _mask = Add("roi_heads", new MaskHead(pyramid, widths, state["roi_heads.mask_predictor.conv5_mask.weight"][1], classes));
    }

    /// <summary>Whether a case is one of the tiny detectors.</summary>
    public static bool Covers(GoldenCase golden) => golden.Model is "mask_rcnn_tiny" or "retinanet_tiny";

    /// <summary>Compares everything that the parts give.</summary>
    public static void Check(GoldenCase golden)
    {
        DetectorParts parts = new(golden);
        using ParameterStore state = new(parts);
        GoldenFill.Fill(state);
        Assert.Equal(
            golden.State.Select(entry => $"{entry.Name} [{string.Join(", ", entry.Shape)}]"),
            state.Tensors.Select(tensor => $"{tensor.Key} {tensor.Value.CheckpointShape}"));
        Assert.Equal((long)golden.Number("parameters"), state.ParameterCount);
        ComputeGraph graph = new();
        parts.AddTo(graph);
        using Plan plan = Plan.Compile(graph);
        parts._images.CopyTo(plan.Input("images"));
        foreach ((string name, float[] regions) in parts._regions)
        {
            regions.CopyTo(plan.Input(name));
            Levels(regions).CopyTo(plan.IntegerInput($"levels of {name}"));
        }

        plan.Run();
        foreach ((string name, JsonElement expected) in golden.Entries("outputs").Where(output => graph.Outputs.ContainsKey(output.Name)))
        {
            double allowed = Slack * golden.EntryOf("float64_max_abs_diff_by_output", name, golden.Number("float64_max_abs_diff"));
            int[] shape = GoldenCase.Ints(expected.GetProperty("shape"));
            ReadOnlySpan<float> got = plan.Output(name);
            GoldenTests.Compare(name, shape.Length == 4 ? GoldenFill.ChannelsFirst(got, shape) : got.ToArray(), expected, allowed);
        }
    }

    private void AddTo(ComputeGraph graph)
    {
        Value map = graph.Input("images", [_images.Batch, _images.Height, _images.Width, 3]);
        List<Value> stages = [];
        foreach (Conv2d convolution in _body)
        {
            map = convolution.Forward(map).Relu();
            stages.Add(map);
        }

        IReadOnlyList<Value> levels = _pyramid.Forward(stages);
        string[] names = [.. _golden.Entries("outputs").Select(output => output.Name)];
        string[] levelNames = [.. names.Where(name => name.StartsWith("backbone.", StringComparison.Ordinal))];
        for (int i = 0; i < levels.Count; i++)
        {
            graph.Output(levelNames[i], levels[i]);
        }

        if (_retina is not null)
        {
            (Value logits, Value deltas) = _retina.Forward(levels);
            graph.Output("head.cls_logits", logits);
            graph.Output("head.bbox_regression", deltas);
            return;
        }

        (Value objectness, Value boxes) = _rpn!.Forward(levels);
        int row = 0;
        for (int i = 0; i < levels.Count; i++)
        {
            Shape shape = levels[i].Shape;
            int rows = shape[1] * shape[2] * objectness.Shape[1] / levels.Sum(level => level.Shape[1] * level.Shape[2]);
            graph.Output($"rpn.head.0.{i}", objectness.Slice(1, row, rows).Reshape(shape.With(3, rows / (shape[1] * shape[2]))));
            graph.Output($"rpn.head.1.{i}", boxes.Slice(1, row, rows).Reshape(shape.With(3, 4 * rows / (shape[1] * shape[2]))));
            row += rows;
        }

        Value pooled = Pool(levels, Regions("rpn.0.", ""), "box_pool");
        graph.Output("roi_heads.box_roi_pool", pooled);
        (Value scores, Value refined) = _box!.Predict(pooled);
        graph.Output("roi_heads.box_predictor.0", scores);
        graph.Output("roi_heads.box_predictor.1", refined);
        if (names.Contains("detections0.boxes"))
        {
            pooled = Pool(levels, Regions("detections", ".boxes"), "mask_pool");
            graph.Output("roi_heads.mask_roi_pool", pooled);
            graph.Output("roi_heads.mask_predictor", _mask!.Forward(pooled));
        }
    }

    private Value Pool(IReadOnlyList<Value> levels, float[] regions, string option)
    {
        ComputeGraph graph = levels[0].Graph;
        JsonElement pool = _golden.Options.GetProperty(option);
        int side = pool.GetProperty("size").GetInt32();
        _regions.Add(option, regions);
        Value rows = graph.Input(option, [regions.Length / 5, 5]);
        Value chosen = graph.Input($"levels of {option}", [regions.Length / 5], ElementType.Int32);
        RoiAlign pooling = new(
            side, side, [1 / 4f, 1 / 8f, 1 / 16f, 1 / 32f], pool.GetProperty("sampling_ratio").GetInt32(), Aligned: false);
        return levels.Take(4).ToArray().RoiAlign(rows, chosen, pooling);
    }

    /// <summary>The boxes of all images, in training with the objects behind each image's own.</summary>
    private float[] Regions(string before, string after)
    {
        List<float> regions = [];
        for (int image = 0; image < _images.Batch; image++)
        {
            JsonElement boxes = _golden.Root.GetProperty("outputs").GetProperty($"{before}{image}{after}").GetProperty("values");
            double[] all = GoldenCase.Doubles(boxes);
            if (_golden.Training)
            {
                JsonElement objects = _golden.Root.GetProperty("targets")[image].GetProperty("boxes");
                all = [.. all, .. GoldenCase.Doubles(objects.GetProperty("values"))];
            }

            for (int i = 0; i < all.Length; i += 4)
            {
                regions.AddRange([image, (float)all[i], (float)all[i + 1], (float)all[i + 2], (float)all[i + 3]]);
            }
        }

        return [.. regions];
    }

    /// <summary>The level of each region by the square root of its area, 224 pixels being that of stride 16.</summary>
    private static int[] Levels(float[] regions) =>
    [
        .. regions.Chunk(5).Select(region =>
        {
            float side = MathF.Sqrt((region[3] - region[1]) * (region[4] - region[2]));
            return (int)Math.Clamp(MathF.Floor(4 + MathF.Log2(side / 224) + 1e-6f), 2, 5) - 2;
        }),
    ];
}
