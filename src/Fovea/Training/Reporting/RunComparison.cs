using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Formats;
using Fovea.Reporting;

namespace Fovea.Training;

/// <summary>Comparison of runs as one HTML page that needs nothing beside it: curves in common charts, results, differences.</summary>
public static class RunComparison
{
    private static readonly (string Title, string Key, bool Percent)[] _charts =
    [
        ("Training loss", "loss", false),
        ("Validation loss", "validationLoss", false),
        ("Training accuracy", "accuracy", true),
        ("Validation top-1", "top1", true),
        ("Learning rate", "learningRate", false),
    ];

    /// <summary>Writes the page whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="runs">The runs, one or more; they may still be running.</param>
    /// <exception cref="InvalidFileException">A file of a run is broken.</exception>
    /// <exception cref="UnwritableFileException">The page cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<RunFolder> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        string[] names = ShortNames([.. runs.Select(run => run.Path)]);
        IReadOnlyList<JsonObject>[] metrics = [.. runs.Select(run => run.ReadMetrics())];
        Report.Write(path, new ReportContent
        {
            Title = "Runs compared",
            Summary = string.Join(", ", names),
            Charts =
            [
                .. _charts
                    .Select(chart => new ReportChart(
                        chart.Title,
                        "epoch",
                        [.. names.Select((name, i) => RunReport.Curve(name, chart.Key, metrics[i])).Where(curve => curve.Points.Count > 0)],
                        chart.Percent))
                    .Where(chart => chart.Curves.Count > 0),
            ],
            Results = Results(names, [.. runs.Select(RunSummary.Of)]),
            Differences = Differences(names, RecipeDifference.Between([.. runs.Select(run => Recipe.Read(run.ConfigPath))])),
        });
    }

    /// <summary>Names that tell folders apart: without the folders that all of them lie in.</summary>
    /// <param name="paths">Paths of the folders.</param>
    internal static string[] ShortNames(IReadOnlyList<string> paths)
    {
        string[][] parts =
        [
            .. paths.Select(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)).Split(Path.DirectorySeparatorChar)),
        ];
        int shared = 0;
        while (parts.All(names => shared < names.Length - 1 && names[shared] == parts[0][shared]))
        {
            shared++;
        }

        return [.. parts.Select(names => string.Join('/', names.Skip(shared)))];
    }

    private static ReportTable Results(string[] names, RunSummary[] runs) => new(
        ["run", "model", "epochs", "best", "measured on", "training", "state"],
        [
            .. runs.Select((run, i) => (IReadOnlyList<string>)
            [
                names[i],
                run.Configuration.Options.Model,
                $"{run.Epochs} of {run.Configuration.Options.Epochs}",
                run.Score is double score ? $"{run.Metric} {RunReport.Percent(score)}" : "–",
                run.MeasuredOn,
                run.Seconds.ToString("F0", CultureInfo.InvariantCulture) + " s",
                run.State.ToString().ToLowerInvariant(),
            ]),
        ]);

    private static ReportTable? Differences(string[] names, IReadOnlyList<RecipeDifference> differences) => differences.Count == 0
        ? null
        : new(["member", .. names], [.. differences.Select(Row)]);

    private static IReadOnlyList<string> Row(RecipeDifference difference) =>
        [difference.Member, .. difference.Values.Select(value => value ?? "–")];
}
