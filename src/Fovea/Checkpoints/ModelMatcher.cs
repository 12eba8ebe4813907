using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Checkpoints;

/// <summary>Finds the registered models whose weights a dictionary of tensors may be, by names and shapes.</summary>
internal sealed class ModelMatcher
{
    private const int MaxLooked = 16;

    private readonly ModelSignature[] _signatures = [.. ModelRegistry.Names.Select(name => new ModelSignature(name))];
    private readonly ModelOptions? _heads;
    private readonly DenseMatcher _dense;

    /// <summary>Makes a matcher.</summary>
    /// <param name="heads">Options of dense heads that a file says itself; the published ones where null.</param>
    public ModelMatcher(ModelOptions? heads = null) => (_heads, _dense) = (heads, new DenseMatcher(heads));

    /// <summary>The models most alike, the likeliest first: each with the share of names and shapes that agree.</summary>
    /// <param name="weights">The dictionary.</param>
    public IReadOnlyList<CheckpointMatch> Rank(StateDict weights)
    {
        Dictionary<string, TensorInfo> tensors = CheckpointMatch.Names(weights);
        int useful = tensors.Keys.Count(name => !KeySchemes.IsIgnored(name));

        // Names alone first, which costs little: how many of the file's the model explains, then how many of its own it finds.
        // Shapes only where many agree.
        (ModelSignature Signature, double Explained, double Found)[] alike =
        [
            .. _dense.Like(tensors, _signatures)
                .Concat(_signatures)
                .Select(signature => (Signature: signature, Common: Common(signature, tensors)))
                .Where(entry => entry.Common > 0)
                .Select(entry => (entry.Signature, (double)entry.Common / useful, (double)entry.Common / entry.Signature.Tensors.Count))
                .OrderByDescending(entry => entry.Item2)
                .ThenByDescending(entry => entry.Item3)
                .Take(MaxLooked),
        ];
        MatchOptions options = new() { Network = _heads };
        return
        [
            .. alike
                .Where(entry => entry.Explained >= alike[0].Explained / 2)
                .Select(entry => new CheckpointMatch(weights, tensors, entry.Signature, options))
                .OrderByDescending(match => match.MatchRatio)
                .ThenByDescending(match => match.IsNative),
        ];
    }

    /// <summary>Models that a dictionary fits without a difference: one, several that are equal, or none.</summary>
    /// <param name="ranked">What <see cref="Rank"/> gave.</param>
    public static IReadOnlyList<CheckpointMatch> UnambiguousMatches(IReadOnlyList<CheckpointMatch> ranked) =>
        ranked.Count == 0 || ranked[0] is not { Missing.Count: 0, ShapeMismatches.Count: 0, Unexpected.Count: 0 } best
            ? []
            : DenseMatcher.Distinct([.. ranked.TakeWhile(match => match.MatchRatio == best.MatchRatio && match.IsNative == best.IsNative)]);

    /// <summary>Counts the tensors of a model that a dictionary has, under the names of the scheme with which it has most.</summary>
    private static int Common(ModelSignature signature, Dictionary<string, TensorInfo> tensors) => signature.SchemesOfFiles.Max(
        scheme => signature.Tensors.Keys.Count(name => scheme.NameOf(name) is string other && tensors.ContainsKey(other)));
}
