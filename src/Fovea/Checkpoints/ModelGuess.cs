using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Checkpoints;

/// <summary>Finds the registered models that a dictionary of tensors may be the weights of, by names and shapes.</summary>
public sealed class ModelGuess
{
    private const int MostLooked = 12;

    private readonly ModelOutline[] _outlines = [.. ModelRegistry.Names.Select(name => new ModelOutline(name))];

    /// <summary>The models most alike, the likeliest first: each with the share of names and shapes that agree.</summary>
    /// <param name="weights">The dictionary.</param>
    public IReadOnlyList<CheckpointMatch> Rank(StateDict weights)
    {
        Dictionary<string, TensorInfo> tensors = CheckpointMatch.Names(weights);
        int useful = tensors.Keys.Count(name => !KeySchemes.IsLeftover(name));

        // Names alone first, which costs little; shapes only where many names agree.
        (ModelOutline Outline, double Share)[] alike =
        [
            .. _outlines
                .Select(outline => (outline, Share(outline)))
                .Where(entry => entry.Item2 > 0)
                .OrderByDescending(entry => entry.Item2)
                .Take(MostLooked),
        ];
        return
        [
            .. alike
                .Where(entry => entry.Share >= alike[0].Share / 2)
                .Select(entry => new CheckpointMatch(weights, tensors, entry.Outline, new MatchWishes()))
                .OrderByDescending(match => match.Share)
                .ThenByDescending(match => match.IsNative),
        ];

        double Share(ModelOutline outline)
        {
            int common = KeySchemes.Of(outline).Max(scheme => outline.Tensors.Keys.Count(name => scheme.NameOf(name) is string other && tensors.ContainsKey(other)));
            return (double)common / (outline.Tensors.Count + useful - common);
        }
    }

    /// <summary>The model that a dictionary certainly belongs to, or equal twins of it; empty where nothing fits.</summary>
    /// <param name="ranked">What <see cref="Rank"/> gave.</param>
    public static IReadOnlyList<CheckpointMatch> Certain(IReadOnlyList<CheckpointMatch> ranked) =>
        ranked.Count == 0 || ranked[0] is not { Missing.Count: 0, Misshapen.Count: 0, Unexpected.Count: 0 } best
            ? []
            : [.. ranked.TakeWhile(match => match.Share == best.Share && match.IsNative == best.IsNative)];
}
