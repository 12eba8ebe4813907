using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Fovea.Collectives;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>
/// The folder of one training run: <c>config.json</c> (what was asked for), <c>metrics.jsonl</c> (one JSON object a line),
/// <c>last.safetensors</c>, <c>best.safetensors</c>, <c>report.html</c>, <c>result.json</c> (once it is finished), <c>clock.json</c> (the
/// time it took so far) and TensorBoard event files, and <c>explanations/</c> with pictures where they were asked for. While a process
/// trains in it, <c>run.lock</c> keeps others out.
/// </summary>
public sealed class RunFolder
{
    private static readonly JsonSerializerOptions _line = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
    private static readonly JsonSerializerOptions _indented = new(_line) { WriteIndented = true };

    private RunFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The configuration of the run.</summary>
    public string ConfigPath => InFolder("config.json");

    /// <summary>The measurements, one JSON object a line.</summary>
    public string MetricsPath => InFolder("metrics.jsonl");

    /// <summary>The newest checkpoint.</summary>
    public string LastCheckpointPath => InFolder("last.safetensors");

    /// <summary>The checkpoint of the best evaluation so far.</summary>
    public string BestCheckpointPath => InFolder("best.safetensors");

    /// <summary>The report.</summary>
    public string ReportPath => InFolder("report.html");

    /// <summary>The result, which stands there once the run is finished.</summary>
    public string ResultPath => InFolder("result.json");

    /// <summary>The time that training took up to <see cref="LastCheckpointPath"/>.</summary>
    internal string ClockPath => InFolder("clock.json");

    /// <summary>Folder of the explanations drawn after some of the epochs, which need not exist.</summary>
    public string ExplanationsPath => InFolder("explanations");

    /// <summary>True while a process trains in the folder.</summary>
    public bool IsInUse => RunLock.IsHeld(Path);

    /// <summary>
    /// Makes the folder of a new run and proves that it can be written, so that a run does not fail at its first checkpoint.
    /// </summary>
    /// <param name="path">The folder; it and those above it are made where they are missing.</param>
    /// <param name="overwrite">True if the files of an earlier run there are removed; other files always stay.</param>
    /// <param name="bytesNeeded">What the run will write (two checkpoints while one is replaced), held against the free space.</param>
    /// <exception cref="UnwritableFileException">
    /// The folder is read-only, its disk is too full, a file is in its place, another process is training in it, or it holds checkpoints or
    /// files of the same names that no run wrote and <paramref name="overwrite"/> is false.
    /// </exception>
    public static RunFolder Create(string path, bool overwrite = false, long bytesNeeded = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RunFolder folder = new(path);
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(path)
                ? new UnwritableFileException(path, "a file stands where the run's folder should be", "Choose another folder.", error)
                : UnwritableFileException.From(path, error);
        }

        if (!overwrite)
        {
            folder.RequireUnused();
        }

        folder.Probe(bytesNeeded);
        foreach (string file in folder.RunFiles())
        {
            File.Delete(file);
        }

        return folder;
    }

    /// <summary>Opens the folder of an earlier run to continue it, and proves that it can be written.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="bytesNeeded">What the run will still write, held against the free space.</param>
    /// <exception cref="InvalidFileException">There is no such folder, or it holds no run.</exception>
    /// <exception cref="UnwritableFileException">
    /// The folder is read-only, its disk is too full, or another process is training in it.
    /// </exception>
    public static RunFolder Open(string path, long bytesNeeded = 0)
    {
        RunFolder folder = OpenRead(path);
        folder.Probe(bytesNeeded);
        return folder;
    }

    /// <summary>Opens the folder of a run to look at it; nothing is written, and a process may train in it.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="InvalidFileException">There is no such folder, or it holds no run.</exception>
    public static RunFolder OpenRead(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RunFolder folder = new(path);
        return File.Exists(folder.ConfigPath)
            ? folder
            : throw new InvalidFileException(
                path, "it holds no run (there is no config.json)", "Name the folder that an earlier run wrote.");
    }

    /// <summary>Names the folder of a run that another process writes; it is neither looked at nor made.</summary>
    /// <param name="path">The folder, as the other process has it.</param>
    public static RunFolder OfOtherProcess(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new RunFolder(path);
    }

    /// <summary>Writes <c>config.json</c>.</summary>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public void WriteConfig(RunConfiguration config)
    {
        ArgumentNullException.ThrowIfNull(config);
        AtomicFile.WriteText(ConfigPath, config.ToJson().ToJsonString(_indented) + "\n");
    }

    /// <summary>Reads <c>config.json</c>.</summary>
    /// <exception cref="InvalidFileException">The file is missing, is not a JSON object, or lacks something.</exception>
    public RunConfiguration ReadConfig() => ReadConfig(SingleRank.Instance);

    /// <summary>Reads <c>config.json</c> for several processes, the first of which has the file.</summary>
    /// <param name="ranks">The processes, all of which call this.</param>
    /// <inheritdoc cref="ReadConfig()"/>
    public RunConfiguration ReadConfig(ICollective ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        JsonObject json;
        try
        {
            string text = ranks.Rank == 0 ? File.ReadAllText(ConfigPath) : "";
            json = JsonText.ParseObject(ranks.Size > 1 ? ranks.Share(text) : text);
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InvalidFileException(
                ConfigPath, $"it is not a readable configuration ({ExceptionText.Of(error)})", "Start a new run.", error);
        }

        return RunConfiguration.FromJson(json, ConfigPath);
    }

    /// <summary>Writes <c>result.json</c>, by which the run is known to be finished.</summary>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public void WriteResult(RunResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        AtomicFile.WriteText(ResultPath, result.ToJson().ToJsonString(_indented) + "\n");
    }

    /// <summary>Reads <c>result.json</c>; null where the run is not finished.</summary>
    /// <exception cref="InvalidFileException">The file is not a result.</exception>
    public RunResult? ReadResult() => File.Exists(ResultPath) ? RunResult.Read(ResultPath) : null;

    /// <summary>Appends one line to <c>metrics.jsonl</c>; it stands in the file when the method returns.</summary>
    /// <param name="step">The optimiser steps done; becomes the line's first entry, <c>step</c>.</param>
    /// <param name="values">The line's other entries; values that are not finite are written as text ("NaN", "Infinity").</param>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public void AppendMetrics(long step, JsonObject values)
    {
        ArgumentNullException.ThrowIfNull(values);
        JsonObject line = new() { ["step"] = step };
        foreach ((string name, JsonNode? value) in values)
        {
            line[name] = value?.DeepClone();
        }

        try
        {
            // One write a line, so that a killed process leaves at most the last line cut short.
            using FileStream stream = new(MetricsPath, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
            stream.Write(Encoding.UTF8.GetBytes(line.ToJsonString(_line) + "\n"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw UnwritableFileException.From(MetricsPath, error);
        }
    }

    /// <summary>Reads the lines of <c>metrics.jsonl</c>; none where the file does not exist. A last line cut short is left out.</summary>
    /// <exception cref="InvalidFileException">A line is not a JSON object with a <c>step</c>.</exception>
    public IReadOnlyList<JsonObject> ReadMetrics() => [.. MetricsLines().Select(line => line.Values)];

    /// <summary>
    /// Removes the lines of steps after the given one from <c>metrics.jsonl</c>: a run resumed from a checkpoint repeats them.
    /// </summary>
    /// <param name="step">The last step whose lines stay.</param>
    /// <exception cref="InvalidFileException">A line is not a JSON object with a <c>step</c>.</exception>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public void CutMetricsAfter(long step)
    {
        if (File.Exists(MetricsPath))
        {
            AtomicFile.WriteText(
                MetricsPath, string.Concat(MetricsLines().Where(line => line.Step <= step).Select(line => line.Text + "\n")));
        }
    }

    /// <summary>Adds entries to the last line of <c>metrics.jsonl</c>, in the place of earlier ones of their names.</summary>
    /// <param name="values">The entries; nothing happens where there is no line.</param>
    /// <exception cref="InvalidFileException">A line is not a JSON object with a <c>step</c>.</exception>
    /// <exception cref="UnwritableFileException">The file cannot be written.</exception>
    public void AmendMetrics(JsonObject values)
    {
        ArgumentNullException.ThrowIfNull(values);
        List<(long Step, string Text, JsonObject Values)> lines = MetricsLines();
        if (lines.Count == 0)
        {
            return;
        }

        JsonObject last = lines[^1].Values;
        foreach ((string name, JsonNode? value) in values)
        {
            last[name] = value?.DeepClone();
        }

        IEnumerable<string> texts = lines.SkipLast(1).Select(line => line.Text).Append(last.ToJsonString(_line));
        AtomicFile.WriteText(MetricsPath, string.Concat(texts.Select(text => text + "\n")));
    }

    /// <summary>Lets other processes into the folder.</summary>
    internal void Release() => RunLock.Release(Path);

    /// <summary>Keeps other processes out of the folder.</summary>
    /// <exception cref="UnwritableFileException">Another process is training in it.</exception>
    internal void Claim() => RunLock.Take(Path);

    private List<(long Step, string Text, JsonObject Values)> MetricsLines()
    {
        List<(long, string, JsonObject)> lines = new();
        if (!File.Exists(MetricsPath))
        {
            return lines;
        }

        string[] texts = File.ReadAllText(MetricsPath).Split('\n');

        // What follows the last line feed is empty, or a line that a killed process cut short.
        for (int i = 0; i < texts.Length - 1; i++)
        {
            try
            {
                JsonObject values = JsonText.ParseObject(texts[i]);
                lines.Add((StepOf(values), texts[i], values));
            }
            catch (JsonException error)
            {
                throw new InvalidFileException(
                    MetricsPath,
                    $"line {i + 1} is not a JSON object with a whole number 'step' ({ExceptionText.Of(error)})",
                    "Remove the line, or start a new run.",
                    error);
            }
        }

        return lines;
    }

    private static long StepOf(JsonObject line) => line["step"] is JsonValue value && value.TryGetValue(out long step) && step >= 0
        ? step
        : throw new JsonException("there is none");

    /// <summary>Refuses a folder with checkpoints, and one whose files of the same names no run wrote.</summary>
    private void RequireUnused()
    {
        if (File.Exists(LastCheckpointPath) || File.Exists(BestCheckpointPath))
        {
            throw new UnwritableFileException(Path, "it already holds the checkpoints of a run", [new Remedy.ResumeOrOverwrite()]);
        }

        // A run that stopped before its first checkpoint left nothing to lose or to resume.
        string? foreign = RunFiles().FirstOrDefault(File.Exists);
        if (foreign is not null && !HoldsConfig())
        {
            throw new UnwritableFileException(
                Path, $"it holds {System.IO.Path.GetFileName(foreign)}, which no run wrote", [new Remedy.ResumeOrOverwrite(IsRun: false)]);
        }
    }

    private bool HoldsConfig()
    {
        try
        {
            return File.Exists(ConfigPath) && ReadConfig() is not null;
        }
        catch (InvalidFileException)
        {
            return false;
        }
    }

    private string[] RunFiles() =>
    [
        ConfigPath, MetricsPath, LastCheckpointPath, BestCheckpointPath, ReportPath, ResultPath, ClockPath,
        .. Directory.GetFiles(Path, TensorBoardWriter.FilePrefix + "*"),
        .. EpochExplanations.PicturesIn(this),
    ];

    private void Probe(long bytesNeeded)
    {
        string probe = InFolder($".probe.{Guid.NewGuid():N}");
        try
        {
            AtomicFile.Write(probe, stream => stream.Write(new byte[4096]));
            File.Delete(probe);
        }
        catch (UnwritableFileException error)
        {
            throw new UnwritableFileException(Path, error.Problem, error.Remedies, error);
        }

        RunLock.Take(Path);
        AtomicFile.RemoveLeftovers(Path);
        long free = bytesNeeded > 0 ? new DriveInfo(System.IO.Path.GetFullPath(Path)).AvailableFreeSpace : 0;
        if (free < bytesNeeded)
        {
            throw new UnwritableFileException(
                Path,
                $"the run needs {bytesNeeded / 1e6:F0} MB there and the disk has {free / 1e6:F0} MB left",
                "Free some space or choose another disk.");
        }
    }

    private string InFolder(string name) => System.IO.Path.Combine(Path, name);
}
