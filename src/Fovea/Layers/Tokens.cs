namespace Fovea.Layers;

/// <summary>Maps and token lists are the same bytes; these say which of the two a value is read as.</summary>
public static class TokenExtensions
{
    /// <summary>A map (N, H, W, C) as a token list (N, H·W, C), row by row.</summary>
    public static Value ToTokens(this Value map) => map.Reshape([map.Shape[0], map.Shape[1] * map.Shape[2], map.Shape[3]]);

    /// <summary>Puts tokens of a network's own, (1, T, C), in front of the tokens (N, M, C) of each sample: (N, T + M, C).</summary>
    public static Value Prepend(this Value tokens, Value own) =>
        new[] { own.BroadcastTo([tokens.Shape[0], own.Shape[1], own.Shape[2]]), tokens }.Concat(1);

    /// <summary>The mean over a map (N, H, W, C) or a token list (N, M, C), for each channel: (N, C).</summary>
    public static Value Pool(this Value x) => x.Mean([.. Enumerable.Range(1, x.Shape.Rank - 2)]).Reshape([x.Shape[0], x.Shape.Last]);

    /// <summary>A token list (N, H·W, C) as a map (N, H, W, C).</summary>
    public static Value ToMap(this Value tokens, int height, int width) =>
        tokens.Reshape([tokens.Shape[0], height, width, tokens.Shape.Last]);
}
