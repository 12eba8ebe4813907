using System.Text.Json;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>The operations, layers and losses of dense prediction that golden cases test by themselves.</summary>
internal static class DenseUnits
{
    /// <summary>The module of a case; null where the case is about something else.</summary>
    public static Module? Create(GoldenCase golden) => golden.Model switch
    {
        "unit_roi_align" => new Unit(x => RoiAlign(golden, x)),
        "unit_interpolate" => new Unit(x => Interpolate(golden, x)),
        "unit_adaptive_avg_pool" => new Unit(x =>
        {
            (int height, int width) = Sides(golden.Options.GetProperty("output_size"));
            return x.AdaptiveAveragePooling(height, width);
        }),
        "unit_fpn" => new Pyramid(golden),
        "unit_patchconvnet_dense_neck" => new Neck(golden.Option("channels", 0)),
        "unit_ppm" => new Pooling(golden),
        "unit_fcn_aux_head" or "unit_sem_fpn_head" or "unit_uper_head" => new Segmentation(CreateHead(golden)),
        "unit_sigmoid_focal_loss" => new Loss((x, inputs) =>
            ElementLosses.Focal(x, inputs["targets"], (float)golden.Option("alpha", 0.25), (float)golden.Option("gamma", 2.0))),
        "unit_smooth_l1" => new Loss((x, inputs) => ElementLosses.SmoothL1(x, inputs["target"], (float)golden.Option("beta", 1.0))),
        "unit_bce_with_logits" => new Loss((x, inputs) => ElementLosses.BinaryCrossEntropy(x, inputs["targets"])),
        _ => null,
    };

    private static DecodeHead CreateHead(GoldenCase golden)
    {
        DecodeHeadOptions options = new()
        {
            Channels = golden.Option("channels", 512),
            Dropout = (float)golden.Option("dropout_ratio", 0.0),
            AlignCorners = golden.Option("align_corners", false),
        };
        int classes = golden.Option("num_classes", 0);
        JsonElement inputs = golden.Options.GetProperty("in_channels");
        return golden.Model switch
        {
            "unit_fcn_aux_head" => new FcnHead(
                inputs.GetInt32(), classes, options, golden.Option("num_convs", 1), golden.Option("concat_input", false)),
            "unit_sem_fpn_head" => new SemanticFpnHead(
                GoldenCase.Ints(inputs), GoldenCase.Ints(golden.Options.GetProperty("feature_strides")), classes, options),
            _ => new UperHead(
                GoldenCase.Ints(inputs), classes, options, GoldenCase.Ints(golden.Options.GetProperty("pool_scales"))),
        };
    }

    private static Value RoiAlign(GoldenCase golden, Value map)
    {
        (int height, int width) = Sides(golden.Options.GetProperty("output_size"));
        return map.RoiAlign(
            map.Graph.Inputs["rois"],
            height,
            width,
            (float)golden.Option("spatial_scale", 1.0),
            Math.Max(golden.Option("sampling_ratio", 0), 0),
            golden.Option("aligned", false));
    }

    private static Value Interpolate(GoldenCase golden, Value map)
    {
        Interpolation interpolation = golden.Option("mode", "nearest") switch
        {
            "nearest" => Interpolation.Nearest,
            "bilinear" => Interpolation.Bilinear,
            "bicubic" => Interpolation.Bicubic,
            "area" => Interpolation.Area,
            string mode => throw new NotSupportedException($"The project does not know the interpolation '{mode}'."),
        };
        bool alignCorners = golden.Option("align_corners", false);
        if (!golden.Options.TryGetProperty("scale_factor", out JsonElement factor))
        {
            (int height, int width) = Sides(golden.Options.GetProperty("size"));
            return map.Resize(interpolation, height, width, alignCorners);
        }

        double[] factors = factor.ValueKind == JsonValueKind.Array ? GoldenCase.Doubles(factor) : [factor.GetDouble(), factor.GetDouble()];
        return alignCorners || golden.Option("recompute_scale_factor", false) || interpolation == Interpolation.Area
            ? map.Resize(interpolation, (int)(map.Shape[1] * factors[0]), (int)(map.Shape[2] * factors[1]), alignCorners)
            : map.Enlarge(interpolation, factors[0], factors[1]);
    }

    private static (int Height, int Width) Sides(JsonElement size) => size.ValueKind == JsonValueKind.Array
        ? (size[0].GetInt32(), size[1].GetInt32())
        : (size.GetInt32(), size.GetInt32());

    /// <summary>An operation without weights.</summary>
    private sealed class Unit(Func<Value, Value> build) : Module
    {
        protected override Value Build(Value x) => build(x).Mark("output");
    }

    /// <summary>A loss of each element, with its sum and mean.</summary>
    private sealed class Loss(Func<Value, IReadOnlyDictionary<string, Value>, Value> build) : Module
    {
        protected override Value Build(Value x)
        {
            Value losses = build(x, x.Graph.Inputs);
            Value row = losses.Reshape([1, (int)losses.Shape.Elements]);
            row.Sum(1).Mark("sum");
            row.Mean(1).Mark("mean");
            return losses;
        }
    }

    /// <summary>A pyramid on the inputs in order, its levels under the names that the public code gives them.</summary>
    private sealed class Pyramid : Module
    {
        private readonly FeaturePyramid _pyramid;
        private readonly string[] _names;

        public Pyramid(GoldenCase golden)
        {
            _names = [.. golden.Entries("outputs").Select(output => output.Name)];
            int[] stages = GoldenCase.Ints(golden.Options.GetProperty("in_channels"));
            bool isMmdetection = golden.State.Any(entry => entry.Name.StartsWith("lateral_convs", StringComparison.Ordinal));
            FeaturePyramidOptions options =
                isMmdetection ? Mmdetection(golden, stages.Length) : Torchvision(golden, stages.Length);
            _pyramid = Add("", new FeaturePyramid(stages, options));
        }

        protected override Value Build(Value x)
        {
            IReadOnlyList<Value> levels = _pyramid.Forward([.. x.Graph.Inputs.Values]);
            Assert.Equal(_names.Length, levels.Count);
            for (int i = 0; i < levels.Count; i++)
            {
                levels[i].Mark(_names[i]);
            }

            return levels[0];
        }

        private FeaturePyramidOptions Torchvision(GoldenCase golden, int stages)
        {
            int channels = golden.Option("out_channels", 256);
            int source = golden.State.FirstOrDefault(entry => entry.Name == "extra_blocks.p6.weight").Shape is int[] shape ? shape[1] : 0;
            return new FeaturePyramidOptions
            {
                Channels = channels,
                Extra = _names.Length - stages,
                ExtraFrom = source == 0 ? ExtraLevels.MaxPool : source == channels ? ExtraLevels.Output : ExtraLevels.Input,
                ExtraRelu = true,
            };
        }

        private static FeaturePyramidOptions Mmdetection(GoldenCase golden, int stages)
        {
            int first = golden.Option("start_level", 0);
            JsonElement from = golden.Options.TryGetProperty("add_extra_convs", out JsonElement value) ? value : default;
            string source = from.ValueKind switch
            {
                JsonValueKind.String => from.GetString()!,
                JsonValueKind.True => "on_input",
                _ => "",
            };
            return new FeaturePyramidOptions
            {
                Channels = golden.Option("out_channels", 256),
                FirstStage = first,
                Extra = golden.Option("num_outs", stages - first) - (stages - first),
                ExtraFrom = source switch
                {
                    "on_input" => ExtraLevels.Input,
                    "on_lateral" => ExtraLevels.Lateral,
                    "on_output" => ExtraLevels.Output,
                    _ => ExtraLevels.MaxPool,
                },
                ExtraRelu = golden.Option("relu_before_extra_convs", false),
                Form = DetectorForm.Mmdetection,
            };
        }
    }

    /// <summary>A segmentation head on the inputs in order.</summary>
    private sealed class Segmentation : Module
    {
        private readonly DecodeHead _head;

        public Segmentation(DecodeHead head) => _head = Add("", head);

        protected override Value Build(Value x) => _head.Forward([.. x.Graph.Inputs.Values]);
    }

    /// <summary>Pyramid pooling, its branches by their bins.</summary>
    private sealed class Pooling : Module
    {
        private readonly PyramidPooling _pooling;
        private readonly int[] _bins;

        public Pooling(GoldenCase golden)
        {
            _bins = GoldenCase.Ints(golden.Options.GetProperty("pool_scales"));
            _pooling = Add("", new PyramidPooling(
                golden.Option("in_channels", 0), golden.Option("channels", 0), _bins, golden.Option("align_corners", false)));
        }

        protected override Value Build(Value x)
        {
            IReadOnlyList<Value> branches = _pooling.Branches(x);
            for (int i = 0; i < branches.Count; i++)
            {
                branches[i].Mark($"branch{_bins[i]}");
            }

            return branches[0];
        }
    }

    /// <summary>The neck of PatchConvNet, its levels by stride.</summary>
    private sealed class Neck : Module
    {
        private readonly PatchConvNetNeck _neck;

        public Neck(int channels) => _neck = Add("", new PatchConvNetNeck(channels));

        protected override Value Build(Value x)
        {
            IReadOnlyList<Value> levels = _neck.Levels(x);
            for (int i = 0; i < levels.Count; i++)
            {
                levels[i].Mark($"out{4 << i}");
            }

            return levels[0];
        }
    }
}
