using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Drawing;
using Fovea.Models;
using Fovea.Reporting;

namespace Fovea.Training;

/// <summary>Makes <c>report.html</c> of the run of a segmentation and of an evaluation of its best checkpoint.</summary>
internal static class SegmentationReport
{
    private const int PanelSide = 400;
    private const int Gap = 6;
    private const float Opacity = 0.55f;
    private static readonly string[] _figures = ["mIoU", "mAcc", "aAcc"];
    private static readonly Color _wrong = new(213, 94, 0);

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
        SegmentationEvaluation evaluation,
        ISegmentationDataset evaluated)
    {
        IReadOnlyList<JsonObject> lines = folder.ReadMetrics();
        Report.Write(folder.ReportPath, new ReportContent
        {
            Title = title,
            Summary = $"{options.Model}, {lines.Count} epochs, evaluated on {evaluation.Images} images.",
            Highlights = [.. evaluation.Metrics.Select(metric => new ReportEntry(metric.Name, RunReport.Percent(metric.Value)))],
            Charts =
            [
                new ReportChart("Loss", "epoch", [RunReport.Curve("training", "loss", lines)]),
                new ReportChart(
                    "Validation",
                    "epoch",
                    [.. _figures.Select(name => RunReport.Curve(name, name, lines)).Where(curve => curve.Points.Count > 0)],
                    Percent: true),
                new ReportChart("Learning rate", "epoch", [RunReport.Curve("learning rate", "learningRate", lines)]),
            ],
            Results = Classes(evaluation),
            Confusion = evaluation.Confusion,
            Counted = "pixels",
            Images = [.. evaluation.Worst.Select(mistake => Draw(mistake, evaluated))],
            Model = RunReport.Stages(info),
            Configuration = [.. options.ToJson().Select(entry => new ReportEntry(entry.Key, entry.Value?.ToJsonString() ?? ""))],
        });
    }

    private static ReportTable Classes(SegmentationEvaluation evaluation)
    {
        SegmentationMetrics figures = evaluation.Figures;
        return new ReportTable(
            ["class", "IoU", "accuracy", "Dice"],
            [
                .. evaluation.Classes.Select((name, i) => (IReadOnlyList<string>)
                    [name, Figure(figures.IntersectionOverUnion[i]), Figure(figures.Accuracy[i]), Figure(figures.Dice[i])]),
                ["mean", Figure(figures.MeanIntersectionOverUnion), Figure(figures.MeanAccuracy), Figure(figures.MeanDice)],
            ]);
    }

    private static string Figure(double value) => double.IsNaN(value) ? "–" : value.ToString("F3", CultureInfo.InvariantCulture);

    /// <summary>Draws labels, predictions and wrong pixels of an image side by side, beside the classes that they show.</summary>
    private static ReportImage Draw(SegmentationMistake mistake, ISegmentationDataset set)
    {
        Image image = set.Load(mistake.Index);
        Image labels = set.LoadLabels(mistake.Index);
        Image predicted = new(image.Width, image.Height, 1, [.. mistake.Predicted]);
        byte[] wrong = [.. labels.Pixels.Zip(
            predicted.Pixels, (label, other) => label == ISegmentationDataset.Ignored || label == other ? (byte)0 : (byte)1)];
        IReadOnlyList<Color> palette = Palette.Of(set.Classes.Count, set.Colors);
        using Canvas error = new(image);
        error.DrawMask(new Image(image.Width, image.Height, 1, wrong), 1, _wrong, Opacity);

        double scale = Math.Min(1, (double)PanelSide / Math.Max(image.Width, image.Height));
        (int width, int height) = (Math.Max(1, (int)(image.Width * scale)), Math.Max(1, (int)(image.Height * scale)));
        byte[] shown = [.. labels.Pixels.Concat(predicted.Pixels).Distinct().Where(label => label != ISegmentationDataset.Ignored).Order()];
        Image legend = Legend.Of([.. shown.Select(label => (palette[label], set.Classes[label]))]);
        using Canvas panels = new((3 * width) + (3 * Gap) + legend.Width, Math.Max(height, legend.Height), Color.White);
        panels.Draw(ClassOverlay.Of(image, labels, palette, Opacity), 0, 0, width, height);
        panels.Draw(ClassOverlay.Of(image, predicted, palette, Opacity), width + Gap, 0, width, height);
        panels.Draw(error.ToImage(), 2 * (width + Gap), 0, width, height);
        panels.Draw(legend, 3 * (width + Gap), 0);
        string caption = $"{set.NameOf(mistake.Index)}: {RunReport.Percent(mistake.WrongShare)} wrong; labels, predictions, wrong pixels";
        return new ReportImage(panels.ToPng(), caption);
    }
}
