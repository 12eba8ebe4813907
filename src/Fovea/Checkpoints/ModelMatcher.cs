using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Checkpoints;

/// <summary>Finds the registered models that a dictionary of tensors may be the weights of, by names and shapes.</summary>
public sealed class ModelMatcher
{
    private const int MaxLooked = 16;

    private readonly ModelSignature[] _outlines = [.. ModelRegistry.Names.Select(name => new ModelSignature(name))];

    /// <summary>The models most alike, the likeliest first: each with the share of names and shapes that agree.</summary>
    /// <param name="weights">The dictionary.</param>
    public IReadOnlyList<CheckpointMatch> Rank(StateDict weights)
    {
        Dictionary<string, TensorInfo> tensors = CheckpointMatch.Names(weights);
        int useful = tensors.Keys.Count(name => !KeySchemes.IsLeftover(name));

        // Names alone first, which costs little: how many of the file's the model explains, then how many of its own it finds. Shapes only where many agree.
        (ModelSignature Outline, double Explained, double Found)[] alike =
        [
            .. _outlines
                .Select(outline => (Outline: outline, Common: outline.Schemes.Max(scheme => outline.Tensors.Keys.Count(name => scheme.NameOf(name) is string other && tensors.ContainsKey(other)))))
                .Where(entry => entry.Common > 0)
                .Select(entry => (entry.Outline, (double)entry.Common / useful, (double)entry.Common / entry.Outline.Tensors.Count))
                .OrderByDescending(entry => entry.Item2)
                .ThenByDescending(entry => entry.Item3)
                .Take(MaxLooked),
        ];
        return
        [
            .. alike
                .Where(entry => entry.Explained >= alike[0].Explained / 2)
                .Select(entry => new CheckpointMatch(weights, tensors, entry.Outline, new MatchOptions()))
                .OrderByDescending(match => match.Share)
                .ThenByDescending(match => match.IsNative),
        ];
    }

    /// <summary>The model that a dictionary certainly belongs to, or equal twins of it; empty where nothing fits.</summary>
    /// <param name="ranked">What <see cref="Rank"/> gave.</param>
    public static IReadOnlyList<CheckpointMatch> Certain(IReadOnlyList<CheckpointMatch> ranked) =>
        ranked.Count == 0 || ranked[0] is not { Missing.Count: 0, ShapeMismatches.Count: 0, Unexpected.Count: 0 } best
            ? []
            : [.. ranked.TakeWhile(match => match.Share == best.Share && match.IsNative == best.IsNative)];
}
