using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>COCO's numbers of detections as a table and as JSON.</summary>
internal static class DetectionScores
{
    /// <summary>Judges a file of results: boxes always, masks where the results have them.</summary>
    /// <param name="context">Takes the answer.</param>
    /// <param name="resultsFile">COCO's file of results.</param>
    /// <param name="annotationsFile">COCO's file of annotations.</param>
    /// <param name="cancellation">Stops the evaluation.</param>
    public static void Judge(VerbContext context, string resultsFile, string annotationsFile, CancellationToken cancellation)
    {
        CocoFile annotations = CocoFile.Read(annotationsFile);
        IReadOnlyList<CocoResult> results = CocoResults.Read(resultsFile);
        CocoEvaluation boxes = CocoEvaluation.Of(annotations, results, CocoOverlap.Boxes, cancellation);
        CocoEvaluation? masks = results.Any(result => result.Segmentation is not null)
            ? CocoEvaluation.Of(annotations, results, CocoOverlap.Masks, cancellation)
            : null;
        context.Output.WriteLine(
            $"{Numbers.Whole(results.Count)} detections in {Numbers.Whole(annotations.Images.Count)} images with "
                + $"{Numbers.Whole(annotations.Annotations.Count(annotation => !annotation.Crowd))} objects");
        int unlisted = annotations.Annotations.Count(annotation => !annotations.CategoriesById.ContainsKey(annotation.CategoryId));
        DatasetNotes.Show(context, unlisted == 0 ? [] : [$"{unlisted} objects are of categories that {annotationsFile} does not list."]);
        Show(context, [.. boxes.Classes.Select(one => annotations.CategoriesById[one.CategoryId].Name)], boxes, masks);
    }

    /// <summary>Shows evaluations of the same detections by boxes and, where there are any, by masks.</summary>
    /// <param name="context">Takes the answer.</param>
    /// <param name="names">Names of the classes.</param>
    /// <param name="boxes">Evaluation by boxes.</param>
    /// <param name="masks">Evaluation by masks; null where there are none.</param>
    public static void Show(VerbContext context, IReadOnlyList<string> names, CocoEvaluation boxes, CocoEvaluation? masks)
    {
        context.Result["task"] = "detection";
        Show(context, "boxes", names, boxes);
        context.Result["bbox"] = Json(boxes.Metrics);
        if (masks is not null)
        {
            Show(context, "masks", names, masks);
            context.Result["segm"] = Json(masks.Metrics);
        }

        context.Result["classes"] = new JsonArray([.. names.Select((name, i) => Json(name, boxes.Classes[i], masks?.Classes[i]))]);
    }

    private static void Show(VerbContext context, string title, IReadOnlyList<string> names, CocoEvaluation evaluation)
    {
        Table table = new([title, "objects", .. CocoMetrics.Names]);
        for (int i = 0; i < names.Count; i++)
        {
            table.Add(Row(names[i], evaluation.Classes[i].Truths, evaluation.Classes[i].Metrics));
        }

        table.AddRule();
        table.Add(Row("all", evaluation.Classes.Sum(one => one.Truths), evaluation.Metrics));
        context.Output.WriteLine();
        context.Write(table);
    }

    private static string[] Row(string name, int objects, CocoMetrics metrics) =>
        [name, Numbers.Whole(objects), .. metrics.Values.Select(value => value < 0 ? "-" : Numbers.Fixed(value, 3))];

    private static JsonObject Json(string name, CocoClassEvaluation boxes, CocoClassEvaluation? masks)
    {
        JsonObject entry = new()
        {
            ["class"] = name,
            ["objects"] = boxes.Truths,
            ["bbox"] = Json(boxes.Metrics),
        };
        if (masks is not null)
        {
            entry["segm"] = Json(masks.Metrics);
        }

        return entry;
    }

    private static JsonObject Json(CocoMetrics metrics)
    {
        JsonObject numbers = [];
        for (int i = 0; i < CocoMetrics.Names.Count; i++)
        {
            numbers[CocoMetrics.Names[i]] = metrics.Values[i];
        }

        return numbers;
    }
}
