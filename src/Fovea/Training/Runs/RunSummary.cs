using System.Text.Json.Nodes;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>State of a run.</summary>
public enum RunState
{
    /// <summary>All epochs are trained and the best checkpoint is evaluated.</summary>
    Finished,

    /// <summary>Epochs are missing and no process trains in the folder: it can be resumed.</summary>
    Interrupted,

    /// <summary>A process trains in the folder.</summary>
    Running,
}

/// <summary>Run in short, for lists.</summary>
/// <param name="Path">Folder of the run.</param>
/// <param name="Configuration">Options and data of the run.</param>
/// <param name="Epochs">Epochs that are trained.</param>
/// <param name="Seconds">Seconds of training so far.</param>
/// <param name="Score">Best figure, from 0 to 1; null before the first evaluation.</param>
/// <param name="Metric">Name of the figure: top-1, AP of boxes or masks, or mIoU.</param>
/// <param name="MeasuredOn">Part of the data that <paramref name="Score"/> is of: test, validation or training.</param>
/// <param name="State">State of the run.</param>
public sealed record RunSummary(
    string Path,
    RunConfiguration Configuration,
    int Epochs,
    double Seconds,
    double? Score,
    string Metric,
    string MeasuredOn,
    RunState State)
{
    internal const string Top1 = "top-1";
    internal const string BoxAp = "AP";
    internal const string MaskAp = "mask AP";
    internal const string MeanOverlap = "mIoU";

    // Members of the metrics by which runs are compared, the better known first.
    private static readonly (string Key, string Metric, string Part)[] _measured =
    [
        ("testTop1", Top1, "test"),
        ("testmaskAP", MaskAp, "test"),
        ("testAP", BoxAp, "test"),
        ("testmIoU", MeanOverlap, "test"),
        ("top1", Top1, "validation"),
        ("maskAP", MaskAp, "validation"),
        ("AP", BoxAp, "validation"),
        ("mIoU", MeanOverlap, "validation"),
        ("accuracy", Top1, "training"),
    ];

    private static readonly EnumerationOptions _everywhere = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };

    /// <summary>Folders of runs below a folder, or itself, in the order of their names.</summary>
    /// <param name="folder">The folder.</param>
    /// <remarks>A <c>config.json</c> that is not of a run, as other programs write such files too, is passed over.</remarks>
    public static IReadOnlyList<RunFolder> Find(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "config.json", _everywhere)
            .Where(IsOfRun)
            .Select(path => System.IO.Path.GetDirectoryName(path)!)
            .Order(StringComparer.Ordinal)
            .Select(RunFolder.OpenRead),
    ];

    /// <summary>Summarises a run.</summary>
    /// <param name="folder">Its folder.</param>
    /// <exception cref="InvalidFileException">One of its files is broken.</exception>
    public static RunSummary Of(RunFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        RunConfiguration configuration = folder.ReadConfig();
        IReadOnlyList<JsonObject> lines = folder.ReadMetrics();
        RunResult? result = folder.ReadResult();
        int epochs = result?.Epochs ?? (int)(lines.Count == 0 ? 0 : Number(lines[^1], "epoch") ?? lines.Count);
        double seconds = result?.Seconds ?? (lines.Count == 0 ? 0 : Number(lines[^1], "seconds") ?? 0);

        // Runs of earlier versions left no result.
        bool finished = result is not null || (epochs >= configuration.Options.Epochs && File.Exists(folder.ReportPath));
        RunState state = folder.IsInUse ? RunState.Running : finished ? RunState.Finished : RunState.Interrupted;
        (double? score, string metric, string part) =
            result is not null ? (result.Score.Value, result.Score.Name, result.EvaluatedOn) : BestOf(lines);
        return new RunSummary(folder.Path, configuration, epochs, seconds, score, metric, part, state);
    }

    /// <summary>Number of a line of the metrics; null where it has none of the name.</summary>
    internal static double? Number(JsonObject line, string key) =>
        line[key] is JsonValue value && value.TryGetValue(out double number) ? number : null;

    private static (double? Score, string Metric, string Part) BestOf(IReadOnlyList<JsonObject> lines)
    {
        foreach ((string key, string metric, string part) in _measured)
        {
            if (lines.Max(line => Number(line, key)) is double best)
            {
                return (best, metric, part);
            }
        }

        return (null, "", "");
    }

    private static bool IsOfRun(string path)
    {
        try
        {
            return Recipe.ReadObject(path)["training"] is JsonObject;
        }
        catch (InvalidFileException)
        {
            return false;
        }
    }
}
