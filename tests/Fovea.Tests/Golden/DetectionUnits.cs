using System.Text.Json;
using Fovea.Detection;

namespace Fovea.Tests.Golden;

/// <summary>The parts of detection that golden cases test by themselves and that need no graph.</summary>
internal static class DetectionUnits
{
    /// <summary>All outputs of a case by name; none if it is about something else.</summary>
    public static IReadOnlyDictionary<string, float[]>? Outputs(GoldenCase golden)
    {
        Dictionary<string, float[]> inputs = golden.Model.StartsWith("unit_", StringComparison.Ordinal) ? InputsOf(golden) : [];
        return golden.Model switch
        {
            "unit_anchors" => Anchors(golden),
            "unit_box_coder" => Codes(golden, inputs),
            "unit_matcher" => Matches(golden, inputs["iou"]),
            "unit_nms" => Kept(golden, inputs),
            "unit_level_mapper" => Levels(golden, inputs["boxes"]),
            "unit_mask_targets" => Single(MaskTargetsOf(golden, inputs)),
            "unit_paste_masks" => Single(PastedMasks(golden, inputs)),
            _ => null,
        };
    }

    private static Dictionary<string, float[]> InputsOf(GoldenCase golden) =>
        golden.Inputs.ToDictionary(input => input.Name, input => input.Values);

    private static Dictionary<string, float[]> Single(float[] output) => new() { ["output"] = output };

    private static bool IsMmdetection(GoldenCase golden) =>
        golden.Root.GetProperty("source").GetString()!.Contains("mmdet", StringComparison.OrdinalIgnoreCase);

    private static float[] Floats(JsonElement array) => [.. GoldenCase.Doubles(array).Select(value => (float)value)];

    private static Dictionary<string, float[]> Anchors(GoldenCase golden)
    {
        JsonElement options = golden.Options;
        int[][] grids = [.. options.GetProperty("grid_sizes").EnumerateArray().Select(GoldenCase.Ints)];
        int[] image = options.TryGetProperty("image_size", out JsonElement size) ? GoldenCase.Ints(size) : [0, 0];
        AnchorGenerator generator = new(AnchorLevels(golden), rounded: !IsMmdetection(golden));
        Dictionary<string, float[]> outputs = [];
        List<float> all = [];
        for (int level = 0; level < grids.Length; level++)
        {
            float[] anchors = new float[Boxes.Numbers * generator.Levels[level].PerCell * grids[level][0] * grids[level][1]];
            generator.Write(level, grids[level][0], grids[level][1], image[0], image[1], anchors);
            all.AddRange(anchors);
            outputs[$"cell_anchors{level}"] = generator.Cell(level).ToArray();
            outputs[$"base_anchors{level}"] = generator.Cell(level).ToArray();
        }

        outputs["anchors"] = [.. all];
        return outputs;
    }

    private static AnchorLevel[] AnchorLevels(GoldenCase golden)
    {
        JsonElement options = golden.Options;
        if (options.TryGetProperty("sizes", out JsonElement sizes))
        {
            return
            [
                .. sizes.EnumerateArray().Zip(
                    options.GetProperty("aspect_ratios").EnumerateArray(),
                    (scales, ratios) => new AnchorLevel(Floats(scales), Floats(ratios))),
            ];
        }

        int[] strides = GoldenCase.Ints(options.GetProperty("strides"));
        float[] scales = options.TryGetProperty("scales", out JsonElement given) && given.ValueKind == JsonValueKind.Array
            ? Floats(given)
            : AnchorLevel.OctaveScales(golden.Option("octave_base_scale", 4.0), golden.Option("scales_per_octave", 3));
        double[] bases = golden.Numbers("base_sizes", [.. strides.Select(stride => (double)stride)]);
        float[] aspects = Floats(options.GetProperty("ratios"));
        return
        [
            .. strides.Select((stride, level) => new AnchorLevel(scales, aspects) { BaseSize = (float)bases[level], Stride = stride }),
        ];
    }

    private static Dictionary<string, float[]> Codes(GoldenCase golden, Dictionary<string, float[]> inputs)
    {
        float[] proposals = inputs["proposals"];
        BoxCoder coder = Coder(golden);
        float[] encoded = new float[proposals.Length];
        for (int i = 0; i < proposals.Length / Boxes.Numbers; i++)
        {
            coder.Encode(Boxes.At(proposals, i), Boxes.At(inputs["gt"], i), Boxes.At(encoded.AsSpan(), i));
        }

        Dictionary<string, float[]> outputs = new() { ["encoded"] = encoded, ["decoded_back"] = Decode(coder, proposals, encoded) };
        foreach ((string name, float[] codes) in inputs.Where(input => input.Key.StartsWith("codes", StringComparison.Ordinal)))
        {
            outputs[$"decoded{name["codes".Length..]}"] = Decode(coder, proposals, codes);
        }

        foreach ((string name, _) in golden.Entries("outputs"))
        {
            if (name.StartsWith("decoded_clipped_", StringComparison.Ordinal))
            {
                int[] image = [.. name["decoded_clipped_".Length..].Split('x').Select(int.Parse)];
                outputs[name] = [.. outputs["decoded"]];
                Boxes.Clip(outputs[name], image[0], image[1]);
            }
        }

        return outputs;
    }

    private static BoxCoder Coder(GoldenCase golden)
    {
        if (!IsMmdetection(golden))
        {
            return new()
            {
                Weights = Numbers(golden.Numbers("weights", [1, 1, 1, 1])),
                LargestLogarithm = (float)golden.Option("bbox_xform_clip", Math.Log(1000 / 16.0)),
            };
        }

        return BoxCoder.FromDeviations(Numbers(golden.Numbers("stds", [1, 1, 1, 1]))) with
        {
            Means = Numbers(golden.Numbers("means", [0, 0, 0, 0])),
            LargestLogarithm = (float)Math.Abs(Math.Log(golden.Option("wh_ratio_clip", 16 / 1000.0))),
        };
    }

    private static CodeNumbers Numbers(double[] values) => new((float)values[0], (float)values[1], (float)values[2], (float)values[3]);

    private static float[] Decode(BoxCoder coder, float[] proposals, float[] codes)
    {
        float[] decoded = new float[codes.Length];
        int perProposal = codes.Length / proposals.Length;
        for (int i = 0; i < codes.Length / Boxes.Numbers; i++)
        {
            coder.Decode(Boxes.At(proposals, i / perProposal), Boxes.At(codes, i), Boxes.At(decoded.AsSpan(), i));
        }

        return decoded;
    }

    private static Dictionary<string, float[]> Matches(GoldenCase golden, float[] overlaps)
    {
        int boxes = golden.Inputs.First(input => input.Name == "iou").Shape[1];
        return golden.Options.EnumerateObject().ToDictionary(option => option.Name, option =>
        {
            bool lowQuality = option.Value[2].GetBoolean();
            MatcherOptions rules = new((float)option.Value[0].GetDouble(), (float)option.Value[1].GetDouble())
            {
                LowQuality = lowQuality ? LowQualityMatches.ToTheirBestObject : LowQualityMatches.None,
                MatchesWithoutOverlap = true,
            };
            int[] matches = new int[boxes];
            Matching matching = new(rules, matches, []);
            foreach ((int index, float[] row) in overlaps.Chunk(boxes).Index())
            {
                matching.Consider(index, row);
            }

            foreach ((int index, float[] row) in overlaps.Chunk(boxes).Index().Where(_ => lowQuality))
            {
                matching.KeepBest(index, row);
            }

            matching.Decide();
            return matches.Select(match => (float)match).ToArray();
        });
    }

    private static Dictionary<string, float[]> Kept(GoldenCase golden, Dictionary<string, float[]> inputs)
    {
        const int OffsetUpTo = 1000;
        float[] scores = inputs["scores"];
        SuppressionOptions options = new(golden.Option("iou_threshold", 0.5));
        int[] classes = inputs.TryGetValue("idxs", out float[]? given) ? [.. given.Select(value => (int)value)] : [];
        return new()
        {
            ["keep"] = Kept(options with { OffsetUpTo = OffsetUpTo }, "keep", ordered: scores.Length <= OffsetUpTo),
            ["keep_vanilla"] = Kept(options, "keep_vanilla", ordered: false),
        };

        float[] Kept(SuppressionOptions options, string name, bool ordered)
        {
            int[] kept = new int[scores.Length];
            int count = NonMaximumSuppression.Select(options, inputs["boxes"], scores, classes, kept);
            if (ordered || !golden.Root.GetProperty("outputs").TryGetProperty(name, out JsonElement expected))
            {
                return [.. kept.Take(count).Select(index => (float)index)];
            }

            // PyTorch's strategy of a suppression for each class sorts at the end without keeping the order of equal scores.
            List<int> order = [.. GoldenCase.Ints(expected.GetProperty("values"))];
            return [.. kept.Take(count).OrderByDescending(index => scores[index]).ThenBy(order.IndexOf).Select(index => (float)index)];
        }
    }

    private static Dictionary<string, float[]> Levels(GoldenCase golden, float[] boxes)
    {
        LevelMapper mapper = IsMmdetection(golden)
            ? LevelMapper.Mmdetection(0, golden.Option("num_levels", 4) - 1) with
            {
                CanonicalSize = (float)golden.Option("finest_scale", 56.0),
            }
            : new(golden.Option("k_min", 2), golden.Option("k_max", 5))
            {
                CanonicalSize = (float)golden.Option("canonical_scale", 224.0),
                CanonicalLevel = golden.Option("canonical_level", 4),
                Epsilon = (float)golden.Option("eps", 1e-6),
            };
        return new() { ["levels"] = [.. boxes.Chunk(Boxes.Numbers).Select(box => (float)mapper.IndexOf(box))] };
    }

    private static float[] MaskTargetsOf(GoldenCase golden, Dictionary<string, float[]> inputs)
    {
        int[] shape = golden.Inputs.First(input => input.Name == "gt_masks").Shape;
        byte[] masks = [.. inputs["gt_masks"].Select(value => (byte)value)];
        int size = golden.Option("M", 28);
        MaskTargetOptions options = IsMmdetection(golden) ? MaskTargetOptions.Mmdetection : MaskTargetOptions.Torchvision;
        float[] targets = new float[inputs["matched_idxs"].Length * size * size];
        for (int i = 0; i < inputs["matched_idxs"].Length; i++)
        {
            ReadOnlySpan<byte> mask = masks.AsSpan((int)inputs["matched_idxs"][i] * shape[1] * shape[2], shape[1] * shape[2]);
            ReadOnlySpan<float> box = Boxes.At(inputs["boxes"], i);
            MaskTargets.Write(options, mask, shape[1], shape[2], box, size, targets.AsSpan(i * size * size, size * size));
        }

        return targets;
    }

    private static float[] PastedMasks(GoldenCase golden, Dictionary<string, float[]> inputs)
    {
        int[] image = GoldenCase.Ints(golden.Options.GetProperty("image_size"));
        MaskPastingOptions options = IsMmdetection(golden)
            ? MaskPastingOptions.Mmdetection
            : new() { Padding = golden.Option("padding", 1) };
        int count = inputs["boxes"].Length / Boxes.Numbers;
        int cells = inputs["masks"].Length / count;
        float[] images = new float[count * image[0] * image[1]];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> mask = inputs["masks"].AsSpan(i * cells, cells);
            using PastedMask pasted = new(options, mask, Boxes.At(inputs["boxes"], i), image[0], image[1]);
            for (int row = pasted.Top; row < pasted.Bottom; row++)
            {
                pasted.WriteRow(row, images.AsSpan((((i * image[0]) + row) * image[1]) + pasted.Left, pasted.Right - pasted.Left));
            }
        }

        return images;
    }
}
