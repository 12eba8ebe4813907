using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Drawing;
using Fovea.Models;
using Fovea.Reporting;

namespace Fovea.Training;

/// <summary>Makes <c>report.html</c> of the run of a detector and of an evaluation of its best checkpoint.</summary>
internal static class DetectionReport
{
    private const int WorstImages = 12;
    private const double LeastScore = 0.5;
    private static readonly string[] _figures = ["AP", "AP50", "maskAP", "maskAP50"];
    private static readonly Color _missed = new(230, 159, 0);
    private static readonly Color _invented = new(213, 94, 0);
    private static readonly Color _found = new(0, 158, 115);

    /// <summary>Writes the report.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="title">The headline.</param>
    /// <param name="info">Description of the trained model.</param>
    /// <param name="options">Training options.</param>
    /// <param name="evaluation">Evaluation of the best checkpoint.</param>
    /// <param name="evaluated">Set that was evaluated.</param>
    /// <exception cref="Formats.UnwritableFileException">The report cannot be written.</exception>
    public static void Write(
        RunFolder folder,
        string title,
        ModelInfo info,
        TrainingOptions options,
        DetectionEvaluation evaluation,
        IInstanceDataset evaluated)
    {
        IReadOnlyList<JsonObject> lines = folder.ReadMetrics();
        CocoMetrics? masks = evaluation.Masks?.Metrics;
        Report.Write(folder.ReportPath, new ReportContent
        {
            Title = title,
            Summary = $"{options.Model}, {lines.Count} epochs, evaluated on {evaluation.Images} images.",
            Highlights =
            [
                .. Highlights("box", evaluation.Boxes.Metrics),
                .. masks is null ? [] : Highlights("mask", masks),
            ],
            Charts =
            [
                new ReportChart("Loss", "epoch", [RunReport.Curve("training", "loss", lines)]),
                new ReportChart("Average precision", "epoch", [.. Curves(lines)], Percent: true),
                PrecisionRecall("Precision by recall, boxes at an overlap of 0.5", evaluation.Boxes, evaluation.Classes),
            ],
            Results = Classes(evaluation),
            Images = [.. Worst(evaluation, evaluated)],
            Model = RunReport.Stages(info),
            Configuration = [.. options.ToJson().Select(entry => new ReportEntry(entry.Key, entry.Value?.ToJsonString() ?? ""))],
        });
    }

    private static ReportEntry[] Highlights(string of, CocoMetrics metrics) =>
        [new($"{of} AP", RunReport.Percent(metrics.Ap)), new($"{of} AP50", RunReport.Percent(metrics.Ap50))];

    private static IEnumerable<ReportCurve> Curves(IReadOnlyList<JsonObject> lines) =>
        _figures.Select(name => RunReport.Curve(name, name, lines)).Where(curve => curve.Points.Count > 0);

    private static ReportChart PrecisionRecall(string title, CocoEvaluation evaluation, IReadOnlyList<string> classes) => new(
        title,
        "recall",
        [
            .. evaluation.Classes.Where(one => one.Truths > 0).Select(one => new ReportCurve(
                classes[(int)one.CategoryId],
                [.. CocoClassEvaluation.RecallLevels.Zip(one.Precisions[0], (recall, precision) => new ReportPoint(recall, precision))])),
        ],
        Percent: true);

    private static ReportTable Classes(DetectionEvaluation evaluation)
    {
        string[] masks = evaluation.Masks is null ? [] : ["mask AP", "mask AP50"];
        return new ReportTable(
            ["class", "objects", "AP", "AP50", "AP75", "AR100", .. masks],
            [
                .. evaluation.Boxes.Classes.Select((one, i) => (IReadOnlyList<string>)
                [
                    evaluation.Classes[(int)one.CategoryId],
                    one.Truths.ToString(CultureInfo.InvariantCulture),
                    Figure(one.Metrics.Ap),
                    Figure(one.Metrics.Ap50),
                    Figure(one.Metrics.Ap75),
                    Figure(one.Metrics.Ar100),
                    .. evaluation.Masks?.Classes[i].Metrics is CocoMetrics mask
                        ? [Figure(mask.Ap), Figure(mask.Ap50)]
                        : Array.Empty<string>(),
                ]),
            ]);
    }

    private static string Figure(double value) => value < 0 ? "" : value.ToString("F3", CultureInfo.InvariantCulture);

    private static IEnumerable<ReportImage> Worst(DetectionEvaluation evaluation, IInstanceDataset evaluated) =>
        evaluation.Boxes.Mistakes(LeastScore)
            .Where(mistakes => mistakes.Missed.Count + mistakes.Invented.Count > 0)
            .OrderByDescending(mistakes => mistakes.Missed.Count + mistakes.Invented.Count)
            .Take(WorstImages)
            .Select(mistakes => Draw(mistakes, evaluation, evaluated));

    private static ReportImage Draw(CocoMistakes mistakes, DetectionEvaluation evaluation, IInstanceDataset evaluated)
    {
        int index = (int)mistakes.ImageId;
        using Canvas canvas = new(evaluated.Load(index));
        HashSet<int> invented = [.. mistakes.Invented];
        for (int i = 0; i < evaluation.Detections.Count; i++)
        {
            CocoDetection detection = evaluation.Detections[i];
            if (detection.ImageId == mistakes.ImageId && detection.Score >= LeastScore)
            {
                bool wrong = invented.Contains(i);
                string name = evaluation.Classes[(int)detection.CategoryId];
                canvas.DrawBox(BoxOf(detection.Box), wrong ? $"invented {name}" : "", wrong ? _invented : _found);
            }
        }

        foreach (int missed in mistakes.Missed)
        {
            CocoTruth truth = evaluation.Truths[missed];
            canvas.DrawBox(BoxOf(truth.Box), $"missed {evaluation.Classes[(int)truth.CategoryId]}", _missed);
        }

        string caption = $"{evaluated.NameOf(index)}: {mistakes.Missed.Count} missed, {mistakes.Invented.Count} invented";
        return new ReportImage(canvas.ToPng(), caption);
    }

    private static Box BoxOf(CocoBox box) =>
        new((float)box.X, (float)box.Y, (float)(box.X + box.Width), (float)(box.Y + box.Height), 0);
}
