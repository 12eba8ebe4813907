namespace Fovea.Layers;

/// <summary>Maps and token lists are the same bytes; these say which of the two a value is read as.</summary>
public static class TokenExtensions
{
    /// <summary>A map (N, H, W, C) as a token list (N, H·W, C), row by row.</summary>
    public static Value ToTokens(this Value map) => map.Reshape([map.Shape[0], map.Shape[1] * map.Shape[2], map.Shape[3]]);

    /// <summary>A token list (N, H·W, C) as a map (N, H, W, C).</summary>
    public static Value ToMap(this Value tokens, int height, int width) => tokens.Reshape([tokens.Shape[0], height, width, tokens.Shape.Last]);
}
