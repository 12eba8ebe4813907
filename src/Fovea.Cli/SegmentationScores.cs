using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Figures of a segmentation as a table and as JSON.</summary>
internal static class SegmentationScores
{
    /// <summary>Shows an evaluation.</summary>
    /// <param name="context">Takes the answer.</param>
    /// <param name="evaluation">The evaluation.</param>
    public static void Show(VerbContext context, SegmentationEvaluation evaluation)
    {
        SegmentationMetrics figures = evaluation.Figures;
        context.Output.WriteLine(
            $"mIoU {Numbers.Percent(figures.MeanIntersectionOverUnion, 2)}, mAcc {Numbers.Percent(figures.MeanAccuracy, 2)}, "
            + $"aAcc {Numbers.Percent(figures.PixelAccuracy, 2)} on {Numbers.Whole(evaluation.Images)} images");
        context.Output.WriteLine();
        Table table = new("class", "pixels", "IoU", "acc", "Dice");
        JsonArray classes = [];
        for (int i = 0; i < evaluation.Classes.Count; i++)
        {
            table.Add(
                evaluation.Classes[i],
                Numbers.Whole(evaluation.Confusion.Support(i)),
                Numbers.Share(figures.IntersectionOverUnion[i]),
                Numbers.Share(figures.Accuracy[i]),
                Numbers.Share(figures.Dice[i]));
            classes.Add((JsonNode)new JsonObject
            {
                ["class"] = evaluation.Classes[i],
                ["IoU"] = Number(figures.IntersectionOverUnion[i]),
                ["acc"] = Number(figures.Accuracy[i]),
                ["dice"] = Number(figures.Dice[i]),
            });
        }

        context.Write(table);
        context.Result["task"] = "segmentation";
        context.Result["mIoU"] = Number(figures.MeanIntersectionOverUnion);
        context.Result["mAcc"] = Number(figures.MeanAccuracy);
        context.Result["aAcc"] = Number(figures.PixelAccuracy);
        context.Result["images"] = evaluation.Images;
        context.Result["classes"] = classes;
    }

    // A class that nothing measures has no number, which JSON writes as null.
    private static JsonNode? Number(double value) => double.IsNaN(value) ? null : value;
}
