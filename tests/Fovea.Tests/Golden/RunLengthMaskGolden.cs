using System.Text.Json;
using Fovea.Data;

namespace Fovea.Tests.Golden;

/// <summary>Masks as run lengths against COCO's own code: drawn polygons, pixels, the compressed text, overlaps.</summary>
internal static class RunLengthMaskGolden
{
    public static bool Covers(GoldenCase golden) => golden.Model == "unit_coco_rle";

    public static void Check(GoldenCase golden)
    {
        (int height, int width) = ((int)golden.Number("height"), (int)golden.Number("width"));
        if (!golden.Has("cases"))
        {
            CheckMask(golden.Root, RunLengthMask.Parse(height, width, golden.Root.GetProperty("counts").GetString()!));
            return;
        }

        JsonElement[] cases = [.. golden.Root.GetProperty("cases").EnumerateArray()];
        RunLengthMask[] masks = [.. cases.Select(entry => Make(entry, height, width))];
        for (int i = 0; i < cases.Length; i++)
        {
            CheckMask(cases[i], masks[i]);
        }

        if (golden.Has("mask_iou"))
        {
            CheckOverlaps(golden.Root, masks);
        }
    }

    private static RunLengthMask Make(JsonElement entry, int height, int width) =>
        entry.TryGetProperty("polygons", out JsonElement polygons)
            ? RunLengthMask.FromPolygons(height, width, polygons.EnumerateArray().Select(GoldenCase.Doubles))
            : RunLengthMask.FromPixels(Pixels(entry), height, width);

    private static byte[] Pixels(JsonElement entry) =>
        [.. entry.GetProperty("rows").EnumerateArray().SelectMany(row => row.GetString()!).Select(pixel => (byte)(pixel - '0'))];

    private static void CheckMask(JsonElement entry, RunLengthMask mask)
    {
        int[] counts = GoldenCase.Ints(entry.GetProperty("uncompressed"));
        string compressed = entry.GetProperty("counts").GetString()!;
        Assert.Equal(counts, mask.Counts.ToArray());
        Assert.Equal(compressed, mask.ToCompressed());
        Assert.Equal(counts, RunLengthMask.Parse(mask.Height, mask.Width, compressed).Counts.ToArray());
        Assert.Equal(entry.GetProperty("area").GetInt32(), mask.Area);
        Assert.Equal(Box(entry.GetProperty("bbox")), mask.Bounds);
        if (entry.TryGetProperty("rows", out _))
        {
            byte[] pixels = new byte[mask.Height * mask.Width];
            mask.CopyTo(pixels);
            Assert.Equal(Pixels(entry), pixels);
        }
    }

    private static void CheckOverlaps(JsonElement root, RunLengthMask[] masks)
    {
        Assert.Equal(
            root.GetProperty("union_of_first_three").GetString(),
            masks[0].Union(masks[1]).Union(masks[2]).ToCompressed());
        Assert.Equal(
            root.GetProperty("intersection_of_first_three").GetString(),
            masks[0].Intersection(masks[1]).Intersection(masks[2]).ToCompressed());
        CheckMatrix(root.GetProperty("mask_iou"), (row, column, crowd) => masks[row].IntersectionOverUnion(masks[column], crowd));

        JsonElement boxes = root.GetProperty("box_iou");
        CocoBox[] rows = [.. boxes.GetProperty("rows_xywh").EnumerateArray().Select(Box)];
        CocoBox[] columns = [.. boxes.GetProperty("columns_xywh").EnumerateArray().Select(Box)];
        CheckMatrix(boxes, (row, column, crowd) => rows[row].IntersectionOverUnion(columns[column], crowd));
    }

    private static void CheckMatrix(JsonElement expected, Func<int, int, bool, double> overlap)
    {
        int[] crowds = GoldenCase.Ints(expected.GetProperty("iscrowd_of_columns"));
        double[][] values = [.. expected.GetProperty("values_row_major").EnumerateArray().Select(GoldenCase.Doubles)];
        for (int row = 0; row < values.Length; row++)
        {
            Assert.Equal(values[row], crowds.Select((crowd, column) => overlap(row, column, crowd != 0)));
        }
    }

    private static CocoBox Box(JsonElement numbers) =>
        GoldenCase.Doubles(numbers) is [double x, double y, double width, double height]
            ? new(x, y, width, height)
            : throw new FormatException();
}
