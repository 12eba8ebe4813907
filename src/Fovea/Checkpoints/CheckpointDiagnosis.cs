using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Models;

namespace Fovea.Checkpoints;

/// <summary>What stands in the way of loading a checkpoint, or is worth knowing.</summary>
/// <param name="What">The problem in words.</param>
/// <param name="Names">The tensors concerned, each with its shapes where they matter.</param>
/// <param name="Remedy">What to do about it: a whole sentence.</param>
public sealed record CheckpointProblem(string What, IReadOnlyList<string> Names, string Remedy);

/// <summary>
/// Looks at the names and shapes of a checkpoint, without reading values: which of its dictionaries are weights, which registered model they most likely
/// belong to, and what keeps them from being loaded.
/// </summary>
public sealed class CheckpointDiagnosis
{
    // Another model is named as a remedy where so much more agrees with it.
    private const double ClearlyBetter = 0.1;

    private readonly Lazy<ModelMatcher> _guess = new(() => new ModelMatcher());
    private readonly Lazy<IReadOnlyList<CheckpointMatch>> _ranked;
    private readonly string? _model;
    private readonly MatchOptions _wishes;

    /// <summary>Looks at a checkpoint.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="model">The registered name of the model that is meant; what the file itself says, or the likeliest, where null.</param>
    /// <param name="weights">The keys on the way to the dictionary that is meant; the one that fits where null.</param>
    /// <param name="wishes">What is wished of the network.</param>
    /// <exception cref="InvalidFileException">The file has no such dictionary, or none at all.</exception>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the size that is wished.</exception>
    public CheckpointDiagnosis(CheckpointFile file, string? model = null, string? weights = null, MatchOptions? wishes = null)
    {
        File = file;
        Own = file.SafeTensors is SafeTensorsFile own && Checkpoint.IsOwn(own) ? Checkpoint.ReadInfo(own) : null;
        _model = model is null ? Own?.Name : ModelRegistry.Resolve(model);
        _wishes = wishes ?? new MatchOptions();
        if (Own is not null)
        {
            Network network = Checkpoint.CreateNetwork(Own, file.Path);
            _wishes = Own.Name == _model && _wishes.Size is null ? _wishes with { Size = (network.Height, network.Width) } : _wishes;
        }

        StateDict[] candidates = weights is null ? [file.Choose(), .. file.StateDicts.Skip(1)] : [file.Choose(weights)];
        Match = Best(candidates);
        if (Match?.Fits != true && weights is null && Below(file) is { Length: > 0 } below && Best(below) is { } inner && inner.Share > (Match?.Share ?? 0))
        {
            Match = inner;
        }

        Weights = Match?.Weights ?? candidates[0];
        _ranked = new(() => _guess.Value.Rank(Weights));
    }

    /// <summary>The checkpoint.</summary>
    public CheckpointFile File { get; }

    /// <summary>What a checkpoint that Fovea wrote says of itself; null for others.</summary>
    public ModelInfo? Own { get; }

    /// <summary>The dictionary that was chosen.</summary>
    public StateDict Weights { get; }

    /// <summary>The dictionary held against the model that is meant, or the likeliest; null where it is like none.</summary>
    public CheckpointMatch? Match { get; }

    /// <summary>The registered models most alike, the likeliest first.</summary>
    public IReadOnlyList<CheckpointMatch> Ranked => _ranked.Value;

    /// <summary>Models that fit just as well as the one that was guessed: it and its equal twins, or nothing where no guess is certain.</summary>
    public IReadOnlyList<string> Certain => [.. ModelMatcher.Certain(Ranked).Select(match => match.Model)];

    /// <summary>What keeps the checkpoint from being loaded; empty where nothing does.</summary>
    public IReadOnlyList<CheckpointProblem> Problems => Match is null
        ? [new("its names are those of no registered model", [], "Check that it holds weights of one of the models that 'fovea models' lists.")]
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

            best = match is not null && match.Share > (best?.Share ?? -1) ? match : best;
        }

        return best;
    }

    private CheckpointMatch? MatchOf(StateDict candidate)
    {
        string? model = _model ?? (_guess.Value.Rank(candidate) is [CheckpointMatch likeliest, ..] ? likeliest.Model : null);
        return model is null ? null : new CheckpointMatch(candidate, model, _wishes);
    }

    /// <summary>Dictionaries that begin one word deeper, as where a training framework puts its own word in front of all names.</summary>
    private static StateDict[] Below(CheckpointFile file) =>
    [
        .. file.StateDicts.SelectMany(candidate => candidate.TensorInfos
            .Where(info => info.Name.Contains('.', StringComparison.Ordinal))
            .GroupBy(info => info.Name[..info.Name.IndexOf('.', StringComparison.Ordinal)])
            .Where(group => group.Count() > candidate.Count / 4)
            .Select(group => file.Choose($"{(candidate.KeyPath.Length > 0 ? candidate.KeyPath + "." : "")}{candidate.Wrapper}{group.Key}"))),
    ];

    private IEnumerable<CheckpointProblem> Find(CheckpointMatch match)
    {
        string? other = match.Fits || match.NeedsClasses ? null : OtherModel(match);
        if (match.Missing.Count > 0)
        {
            yield return new(
                Count(match.Missing.Count, "tensor is missing", "tensors are missing"),
                match.Missing,
                other ?? "The file is not whole, or its code differs from the official one: save the whole model.state_dict() in PyTorch, under the official names.");
        }

        if (match.Unexpected.Count > 0)
        {
            yield return new(
                Count(match.Unexpected.Count, "tensor is not part of the model", "tensors are not part of the model"),
                match.Unexpected,
                other ?? "Remove them in PyTorch if the network does not need them, and save the rest; if it does, it is another network.");
        }

        if (match.ShapeMismatches.Count > 0)
        {
            string options = match.ShapeMismatches.All(difference => match.Outline.IsOfClasses(difference.Name))
                ? "The classifier's tensors do not agree on the number of classes: --classes makes a fresh classifier."
                : _wishes.Size is not null && match.ShapeMismatches.All(difference => difference.Found.Count == difference.Expected.Count)
                    ? "This model's tables are not carried to another size: leave out --size."
                    : "It was built with other widths or options than the registered model.";
            yield return new(
                Count(match.ShapeMismatches.Count, "tensor has another shape", "tensors have other shapes"),
                [.. match.ShapeMismatches.Select(difference => $"{difference.Name} [{string.Join(", ", difference.Found)}] instead of [{string.Join(", ", difference.Expected)}]")],
                other ?? options);
        }

        if (match.NeedsClasses && match.Missing.Count + match.ShapeMismatches.Count + match.Unexpected.Count == 0)
        {
            yield return new("it is a backbone without a classifier", match.Fresh, "--classes N makes a fresh classifier for N classes, to be trained.");
        }
    }

    private string? OtherModel(CheckpointMatch match)
    {
        CheckpointMatch? better = Ranked.FirstOrDefault(one => one.Model != match.Model && one.Share > match.Share + (one.Share == 1 ? 0 : ClearlyBetter));
        return better is null
            ? null
            : $"It is rather a {better.Model}, with which {100 * better.Share:0.#} % of names and shapes agree: --model {better.Model}.";
    }

    private static string Count(int count, string one, string many) => count == 1 ? $"1 {one}" : $"{count} {many}";
}
