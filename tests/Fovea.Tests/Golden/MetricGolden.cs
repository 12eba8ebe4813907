using System.Globalization;
using System.Text.Json;
using Fovea.Data;
using Fovea.Training;

namespace Fovea.Tests.Golden;

/// <summary>Metrics against the code that defines them: COCO's evaluation, mIoU, top-k accuracy.</summary>
internal static class MetricGolden
{
    private const double Tolerance = 1e-12;

    public static bool Covers(GoldenCase golden) => golden.Model is "coco_eval" or "miou" or "unit_topk_accuracy";

    public static void Check(GoldenCase golden)
    {
        switch (golden.Model)
        {
            case "coco_eval":
                CheckCoco(golden);
                break;
            case "miou":
                CheckSegmentation(golden);
                break;
            default:
                CheckRanking(golden);
                break;
        }
    }

    private static void CheckCoco(GoldenCase golden)
    {
        CocoFile file = CocoFile.Read(Text(golden.Root.GetProperty("ground_truth")), "ground_truth");
        IReadOnlyList<CocoResult> results = CocoResults.Read(Text(golden.Root.GetProperty("detections")), "detections");
        CocoOverlap overlap = golden.Root.GetProperty("iou_type").GetString() == "bbox" ? CocoOverlap.Boxes : CocoOverlap.Masks;
        CocoEvaluation evaluation = CocoEvaluation.Of(file, results, overlap);

        Assert.Equal(GoldenCase.Doubles(golden.Root.GetProperty("iou_thrs")), CocoParameters.Thresholds);
        Assert.Equal(GoldenCase.Doubles(golden.Root.GetProperty("rec_thrs")), CocoParameters.Recalls);
        Assert.Equal(golden.Root.GetProperty("stats_names").EnumerateArray().Select(name => name.GetString()), CocoMetrics.Names);
        Compare("stats", GoldenCase.Doubles(golden.Root.GetProperty("stats")), evaluation.Metrics.Values);
        double[][] recalls = [.. golden.Root.GetProperty("recall_T_K_area_all_maxdet100").EnumerateArray().Select(GoldenCase.Doubles)];
        for (int i = 0; i < evaluation.Classes.Count; i++)
        {
            CocoClassEvaluation one = evaluation.Classes[i];
            string id = one.CategoryId.ToString(CultureInfo.InvariantCulture);
            foreach (JsonProperty number in golden.Root.GetProperty("per_category").GetProperty(id).EnumerateObject())
            {
                int place = CocoMetrics.Names.ToList().IndexOf(number.Name);
                Compare($"{number.Name} of {id}", [number.Value.GetDouble()], [one.Metrics.Values[place]]);
            }

            JsonElement curve = golden.Root.GetProperty("precision_iou50_area_all_maxdet100_by_category").GetProperty(id);
            bool any = one.Truths > 0;
            Compare($"curve of {id}", GoldenCase.Doubles(curve), any ? one.Precisions[0] : [.. Enumerable.Repeat(-1.0, 101)]);
            Compare($"recalls of {id}", [.. recalls.Select(row => row[i])], any ? one.Recalls : [.. Enumerable.Repeat(-1.0, 10)]);
        }

        CocoTruth[] truths = CocoPreparation.Truths(file, overlap);
        CocoDetection[] detections = CocoPreparation.Detections(file, results, overlap);
        foreach ((string name, JsonElement expected) in golden.Entries("iou"))
        {
            long[] ids = [.. name.Split(',').Select(id => long.Parse(id, CultureInfo.InvariantCulture))];
            CocoPair pair = Pair(truths, detections, ids[0], ids[1], overlap);
            int[] extents = [pair.Overlaps.GetLength(0), pair.Overlaps.GetLength(1)];
            Assert.Equal(GoldenCase.Ints(expected.GetProperty("shape")), extents);
            Compare(name, GoldenCase.Doubles(expected.GetProperty("values")), [.. pair.Overlaps.Cast<double>()]);
        }

        foreach (JsonElement expected in golden.Root.GetProperty("matching_area_all").EnumerateArray())
        {
            long image = expected.GetProperty("image_id").GetInt64();
            CheckMatching(expected, Pair(truths, detections, image, expected.GetProperty("category_id").GetInt64(), overlap), file);
        }
    }

    private static void CheckMatching(JsonElement expected, CocoPair pair, CocoFile file)
    {
        CocoPairMatches matches = pair.Match(CocoParameters.Areas[0]);
        Assert.Equal(GoldenCase.Ints(expected.GetProperty("dt_ids")), pair.DetectionIndices.Select(index => index + 1));
        foreach ((string threshold, int index) in new[] { ("iou50", 0), ("iou75", CocoParameters.ThreeQuarters) })
        {
            (int Truth, bool Ignored)[] found = matches.ByThreshold[index];
            Assert.Equal(
                expected.GetProperty($"dt_matches_{threshold}").EnumerateArray().Select(id => id.GetInt64()),
                found.Select(match => match.Truth < 0 ? 0 : file.Annotations[pair.TruthIndices[match.Truth]].Id));
            if (expected.TryGetProperty($"dt_ignore_{threshold}", out JsonElement ignored))
            {
                Assert.Equal(GoldenCase.Ints(ignored), found.Select(match => match.Ignored ? 1 : 0));
            }
        }
    }

    private static CocoPair Pair(CocoTruth[] truths, CocoDetection[] detections, long image, long category, CocoOverlap overlap) => new(
        [.. truths.Index().Where(entry => entry.Item.ImageId == image && entry.Item.CategoryId == category)],
        [.. detections.Index().Where(entry => entry.Item.ImageId == image && entry.Item.CategoryId == category)],
        overlap);

    private static void CheckSegmentation(GoldenCase golden)
    {
        SegmentationSums sums = new(
            golden.Option("num_classes", 0), golden.Option("ignore_index", 255), golden.Option("reduce_zero_label", false));
        JsonElement[] predictions = [.. golden.Root.GetProperty("predictions").EnumerateArray()];
        JsonElement[] labels = [.. golden.Root.GetProperty("labels").EnumerateArray()];
        for (int i = 0; i < labels.Length; i++)
        {
            // Sums of images and sums of sums are the same.
            SegmentationSums one = new(sums.Classes, golden.Option("ignore_index", 255), golden.Option("reduce_zero_label", false));
            one.Add(Pixels(predictions[i]), Pixels(labels[i]));
            sums.Add(one);
        }

        SegmentationMetrics metrics = sums.Metrics(
            golden.Options.TryGetProperty("nan_to_num", out JsonElement instead) && instead.ValueKind == JsonValueKind.Number
                ? instead.GetDouble()
                : null);
        JsonElement outputs = golden.Root.GetProperty("outputs");
        Compare("area_intersect", GoldenCase.Doubles(outputs.GetProperty("area_intersect")), [.. sums.Intersection]);
        Compare("area_pred", GoldenCase.Doubles(outputs.GetProperty("area_pred")), [.. sums.Predicted]);
        Compare("area_label", GoldenCase.Doubles(outputs.GetProperty("area_label")), [.. sums.Labelled]);
        Compare("IoU", WithMissing(outputs.GetProperty("IoU")), metrics.IntersectionOverUnion);
        Compare("Acc", WithMissing(outputs.GetProperty("Acc")), metrics.Accuracy);
        Compare("Dice", WithMissing(outputs.GetProperty("Dice")), metrics.Dice);
        Compare(
            "means",
            [.. new[] { "aAcc", "mIoU", "mAcc", "mDice" }.Select(name => outputs.GetProperty(name).GetDouble())],
            [metrics.PixelAccuracy, metrics.MeanIntersectionOverUnion, metrics.MeanAccuracy, metrics.MeanDice]);
    }

    private static int[] Pixels(JsonElement rows) => [.. rows.EnumerateArray().SelectMany(GoldenCase.Ints)];

    private static double[] WithMissing(JsonElement numbers) =>
        [.. numbers.EnumerateArray().Select(number => number.ValueKind == JsonValueKind.Null ? double.NaN : number.GetDouble())];

    private static void CheckRanking(GoldenCase golden)
    {
        JsonElement input = golden.Root.GetProperty("input");
        int classes = GoldenCase.Ints(input.GetProperty("shape"))[1];
        float[] logits = [.. GoldenCase.Doubles(input.GetProperty("values")).Select(value => (float)value)];
        int[] targets = GoldenCase.Ints(golden.Root.GetProperty("targets"));
        int[] ranks = [.. targets.Select((target, row) => Ranking.RankOf(logits.AsSpan(row * classes, classes), target))];
        foreach ((string name, JsonElement expected) in golden.Entries("outputs"))
        {
            if (!name.EndsWith("_correct", StringComparison.Ordinal))
            {
                continue;
            }

            int most = int.Parse(name.AsSpan(3, name.IndexOf('_', StringComparison.Ordinal) - 3), CultureInfo.InvariantCulture);
            Assert.Equal(GoldenCase.Ints(expected), ranks.Select(rank => rank < most ? 1 : 0));
            Compare(
                name,
                [golden.Root.GetProperty("outputs").GetProperty($"top{most}_percent").GetDouble()],
                [100.0 * ranks.Count(rank => rank < most) / ranks.Length]);
        }
    }

    private static void Compare(string name, double[] expected, IReadOnlyList<double> got)
    {
        Assert.Equal(expected.Length, got.Count);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                double.IsNaN(expected[i]) ? double.IsNaN(got[i]) : Math.Abs(expected[i] - got[i]) <= Tolerance,
                $"{name}[{i}] is {got[i]:r}, expected {expected[i]:r}");
        }
    }

    private static MemoryStream Text(JsonElement value) => new(JsonSerializer.SerializeToUtf8Bytes(value));
}
