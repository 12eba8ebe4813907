using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Models;

namespace Fovea.Checkpoints;

/// <summary>Problem that keeps a checkpoint from being loaded.</summary>
/// <param name="What">Problem in words, without the names and a full stop.</param>
/// <param name="Names">Tensors concerned, each with its shapes where they matter.</param>
/// <param name="Remedy">Remedy.</param>
public sealed record CheckpointProblem(string What, IReadOnlyList<string> Names, Remedy Remedy);

/// <summary>
/// Diagnosis of a checkpoint by names and shapes, without reading values: which of its dictionaries are weights, which registered model
/// they most likely belong to, and what keeps them from being loaded.
/// </summary>
public sealed class CheckpointDiagnosis
{
    // Another model is named as a remedy where so much more agrees with it.
    private const double ClearlyBetter = 0.1;

    // Words that frameworks put in front of all names, one inside the other: net.model.
    private const int DeepestWrapper = 3;

    private readonly Lazy<ModelMatcher> _matcher;
    private readonly Lazy<IReadOnlyList<CheckpointMatch>> _ranked;
    private readonly string? _model;
    private readonly MatchOptions _options;

    /// <summary>Looks at a checkpoint.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="model">The registered name of the model that is meant; what the file itself says, or the likeliest, where null.</param>
    /// <param name="weights">The keys on the way to the dictionary that is meant; the one that fits where null.</param>
    /// <param name="options">Requirements of the network.</param>
    /// <exception cref="InvalidFileException">The file has no such dictionary, or none at all.</exception>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the size that is asked for.</exception>
    public CheckpointDiagnosis(CheckpointFile file, string? model = null, string? weights = null, MatchOptions? options = null)
    {
        File = file;
        Own = file.SafeTensors is SafeTensorsFile own && Checkpoint.IsOwn(own) ? Checkpoint.ReadInfo(own) : null;
        _matcher = new(() => new ModelMatcher(Own?.Options is { } own && (own.Detector is not null || own.Segmenter is not null)
            ? new ModelOptions(Detector: own.Detector, Segmenter: own.Segmenter)
            : null));
        _model = model is null ? Own?.Name : ModelRegistry.Resolve(model);
        _options = options ?? new MatchOptions();
        if (Own is not null)
        {
            Network network = Checkpoint.CreateNetwork(Own, file.Path);
            ModelOptions further = Own.Options with { Classes = null, Height = null, Width = null };
            _options = Own.Name == _model
                ? _options with { Size = _options.Size ?? (network.Height, network.Width), Network = further }
                : _options;
        }

        StateDict[] candidates = weights is null ? [file.Choose(), .. file.StateDicts.Skip(1)] : [file.Choose(weights)];
        Match = Best(candidates);
        IReadOnlyList<StateDict> level = file.StateDicts;
        for (int depth = 0; depth < DeepestWrapper && Match?.Fits != true && weights is null; depth++)
        {
            level = Below(file, level);
            Match = Best(level) is { } inner && inner.MatchRatio > (Match?.MatchRatio ?? 0) ? inner : Match;
        }

        Weights = Match?.Weights ?? candidates[0];
        _ranked = new(() => _matcher.Value.Rank(Weights));
    }

    /// <summary>The checkpoint.</summary>
    public CheckpointFile File { get; }

    /// <summary>Metadata of a checkpoint that Fovea wrote; null for others.</summary>
    public ModelInfo? Own { get; }

    /// <summary>The dictionary that was chosen.</summary>
    public StateDict Weights { get; }

    /// <summary>Comparison of the dictionary with the model that is meant, or the likeliest; null where it is like none.</summary>
    public CheckpointMatch? Match { get; }

    /// <summary>The registered models most alike, the likeliest first.</summary>
    public IReadOnlyList<CheckpointMatch> Ranked => _ranked.Value;

    /// <summary>Registered models that the dictionary fits without a difference: one, several that are equal, or none.</summary>
    public IReadOnlyList<string> UnambiguousMatches => [.. ModelMatcher.UnambiguousMatches(Ranked).Select(match => match.Model)];

    /// <summary>Problems that keep the checkpoint from being loaded; empty where nothing does.</summary>
    public IReadOnlyList<CheckpointProblem> Problems => Match is null
        ? [new("its names are those of no registered model", [], new Remedy.ChooseModel([]))]
        : [.. Find(Match)];

    /// <summary>The first dictionary that fits, or the one most alike.</summary>
    private CheckpointMatch? Best(IEnumerable<StateDict> candidates)
    {
        CheckpointMatch? best = null;
        foreach (StateDict candidate in candidates)
        {
            CheckpointMatch? match = MatchOf(candidate);
            if (match?.Fits == true)
            {
                return match;
            }

            best = match is not null && match.MatchRatio > (best?.MatchRatio ?? -1) ? match : best;
        }

        return best;
    }

    private CheckpointMatch? MatchOf(StateDict candidate)
    {
        string? model = _model ?? (_matcher.Value.Rank(candidate) is [CheckpointMatch likeliest, ..] ? likeliest.Model : null);
        return model is null ? null : new CheckpointMatch(candidate, model, _options);
    }

    /// <summary>Dictionaries that begin one word deeper, as where a training framework puts its own word in front of all names.</summary>
    private static StateDict[] Below(CheckpointFile file, IReadOnlyList<StateDict> level) =>
    [
        .. level.SelectMany(candidate => candidate.TensorInfos
            .Where(info => info.Name.Contains('.', StringComparison.Ordinal))
            .GroupBy(info => info.Name[..info.Name.IndexOf('.', StringComparison.Ordinal)])
            .Where(group => group.Count() > candidate.Count / 4)
            .Select(group => file.Choose(
                $"{(candidate.KeyPath.Length > 0 ? candidate.KeyPath + "." : "")}{candidate.Wrapper}{group.Key}"))),
    ];

    private IEnumerable<CheckpointProblem> Find(CheckpointMatch match)
    {
        Remedy? other = match.Fits || match.NeedsClasses ? null : OtherModel(match);
        if (match.Missing.Count > 0)
        {
            string what = Counted(match.Missing.Count, "tensor is missing", "tensors are missing");
            Remedy? whole = ShardedCheckpoint.IndexOf(File.Path) is string index
                ? new Remedy.Advice($"It is one of several parts: give their index {index} instead.")
                : null;
            yield return new(what, match.Missing, whole ?? other ?? new Remedy.Advice(
                "The file is not whole, or its code differs from the official one: save the whole model.state_dict() in PyTorch, "
                + "under the official names."));
        }

        if (match.Unexpected.Count > 0)
        {
            string what = Counted(match.Unexpected.Count, "tensor is not part of the model", "tensors are not part of the model");
            yield return new(what, match.Unexpected, other ?? new Remedy.Advice(
                "Remove them in PyTorch if the network does not need them, and save the rest; if it does, it is another network."));
        }

        if (match.ShapeMismatches.Count > 0)
        {
            string what = Counted(match.ShapeMismatches.Count, "tensor has another shape", "tensors have other shapes");
            yield return new(what, [.. match.ShapeMismatches.Select(Text)], other ?? RemedyOf(match));
        }

        if (match.NeedsClasses && match.Missing.Count + match.ShapeMismatches.Count + match.Unexpected.Count == 0)
        {
            yield return new("it is a backbone without a classifier", match.Reinitialized, new Remedy.SetClasses());
        }

        static string Text(ShapeDifference difference) =>
            $"{difference.Name} [{string.Join(", ", difference.Found)}] instead of [{string.Join(", ", difference.Expected)}]";
    }

    /// <summary>Remedy for tensors of other shapes, where no other model fits better.</summary>
    private Remedy RemedyOf(CheckpointMatch match)
    {
        if (match.ShapeMismatches.All(difference => match.Outline.IsOfClasses(difference.Name)))
        {
            return new Remedy.SetClasses();
        }

        return _options.Size is not null && match.ShapeMismatches.All(difference => difference.Found.Count == difference.Expected.Count)
            ? new Remedy.KeepSize()
            : new Remedy.Advice("It was built with other widths or options than the registered model.");
    }

    private Remedy.ChooseModel? OtherModel(CheckpointMatch match)
    {
        CheckpointMatch? better = Ranked.FirstOrDefault(one =>
            one.Model != match.Model && one.MatchRatio > match.MatchRatio + (one.MatchRatio == 1 ? 0 : ClearlyBetter));
        return better is null ? null : new Remedy.ChooseModel([better.Model], better.MatchRatio);
    }

    private static string Counted(int count, string one, string many) => count == 1 ? $"1 {one}" : $"{count} {many}";
}
