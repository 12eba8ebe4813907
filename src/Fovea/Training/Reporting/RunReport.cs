using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Models;
using Fovea.Reporting;

namespace Fovea.Training;

/// <summary>Makes <c>report.html</c> of what a run left in its folder and of an evaluation of its best checkpoint.</summary>
internal static class RunReport
{
    /// <summary>Writes the report.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="title">The headline.</param>
    /// <param name="info">Description of the trained model.</param>
    /// <param name="options">Training options.</param>
    /// <param name="evaluation">The evaluation of the best checkpoint.</param>
    /// <param name="evaluated">The set that was evaluated.</param>
    /// <exception cref="Formats.UnwritableFileException">The report cannot be written.</exception>
    public static void Write(
        RunFolder folder, string title, ModelInfo info, TrainingOptions options, Evaluation evaluation, IImageDataset evaluated)
    {
        IReadOnlyList<JsonObject> lines = folder.ReadMetrics();
        Report.Write(folder.ReportPath, new ReportContent
        {
            Title = title,
            Summary = $"{options.Model}, {lines.Count} epochs, evaluated on {evaluated.Count} images.",
            Highlights =
            [
                new ReportEntry("top-1", Percent(evaluation.Top1)),
                new ReportEntry("top-5", Percent(evaluation.Top5)),
                new ReportEntry("loss", evaluation.Loss.ToString("F4", CultureInfo.InvariantCulture)),
                new ReportEntry("training", $"{Last(lines, "seconds"):F0} s"),
                new ReportEntry("speed", $"{Last(lines, "imagesPerSecond"):F0} images/s"),
            ],
            Charts =
            [
                Chart("Loss", lines, false, ("training", "loss"), ("validation", "validationLoss")),
                Chart("Accuracy", lines, true, ("training", "accuracy"), ("validation", "top1")),
                Chart("Learning rate", lines, false, ("learning rate", "learningRate")),
            ],
            Confusion = evaluation.Confusion,
            Mistakes = [.. evaluation.Mistakes.Select(mistake => Image(mistake, info, evaluated))],
            Explanations = EpochExplanations.ForReport(folder),
            Model = Stages(info),
            Configuration = [.. options.ToJson().Select(entry => new ReportEntry(entry.Key, entry.Value?.ToJsonString() ?? ""))],
        });
    }

    /// <summary>A share (0 to 1) in percent.</summary>
    internal static string Percent(double share) => (share * 100).ToString("F2", CultureInfo.InvariantCulture) + " %";

    private static double Last(IReadOnlyList<JsonObject> lines, string key) =>
        lines.Count == 0 ? 0 : RunSummary.Number(lines[^1], key) ?? 0;

    private static ReportChart Chart(
        string title, IReadOnlyList<JsonObject> lines, bool percent, params (string Name, string Key)[] curves) =>
        new(
            title,
            "epoch",
            [.. curves.Select(curve => Curve(curve.Name, curve.Key, lines)).Where(curve => curve.Points.Count > 0)],
            percent);

    /// <summary>Curve of a measurement over the epochs.</summary>
    internal static ReportCurve Curve(string name, string key, IReadOnlyList<JsonObject> lines) =>
        new(
            name,
            [
                .. lines
                    .Where(line => RunSummary.Number(line, key) is not null)
                    .Select(line => new ReportPoint(RunSummary.Number(line, "epoch") ?? 0, RunSummary.Number(line, key)!.Value)),
            ]);

    private static ReportMistake Image(Mistake mistake, ModelInfo info, IImageDataset evaluated) => new(
        PngEncoder.Encode(info.Preprocessing.View(evaluated.Load(mistake.Index))),
        info.Classes[mistake.Truth],
        info.Classes[mistake.Predicted],
        mistake.Confidence);

    /// <summary>Parts of a model in figures.</summary>
    internal static ReportTable Stages(ModelInfo info)
    {
        NetworkSummary summary = new(info.CreateNetwork());
        return new ReportTable(
            ["part", "output", "parameters", "multiply-adds"],
            [
                .. summary.Parts.Select(part => (IReadOnlyList<string>)
                [
                    part.Name,
                    string.Join("×", part.Output),
                    part.Parameters.ToString("N0", CultureInfo.InvariantCulture),
                    part.MultiplyAdds.ToString("N0", CultureInfo.InvariantCulture),
                ]),
            ]);
    }
}
