namespace Fovea.Layers;

/// <summary>A map and the tokens of a network's own (class token, distillation token) that attention sees in front of it.</summary>
/// <param name="Map">The map (N, H, W, C).</param>
/// <param name="Tokens">The tokens (N, T, C).</param>
public readonly record struct TokenMap(Value Map, Value Tokens)
{
    /// <summary>Grid of the tokens of the list.</summary>
    public TokenGrid Grid => new(Map.Shape[1], Map.Shape[2], Tokens.Shape[1]);

    /// <summary>A map with tokens of the network's own in front of it.</summary>
    /// <param name="map">The map (N, H, W, C).</param>
    /// <param name="own">The tokens (1, T, C), the same for each sample.</param>
    public static TokenMap Of(Value map, Parameter own) => new(map, map.Graph.Read(own).BroadcastTo(own.Shape.With(0, map.Shape[0])));

    /// <summary>Takes a list of tokens apart.</summary>
    /// <param name="list">Tokens (N, T + H·W, C), the network's own first.</param>
    /// <param name="grid">Grid of the tokens.</param>
    public static TokenMap FromList(Value list, TokenGrid grid)
    {
        Value tokens = list.Slice(1, 0, grid.ClassTokens);
        return new TokenMap(list.Slice(1, grid.ClassTokens, grid.Height * grid.Width).ToMap(grid.Height, grid.Width), tokens);
    }

    /// <summary>One list (N, T + H·W, C).</summary>
    public Value ToList() => new[] { Tokens, Map.ToTokens() }.Concat(1);

    /// <summary>The tokens of a map that <see cref="Mark"/> gave a name.</summary>
    /// <param name="map">The map.</param>
    /// <param name="name">Its name.</param>
    public static Value TokensBeside(Value map, string name) => map.Graph.Marks[$"{name}_tokens"];

    /// <summary>Marks the map with a name and the tokens with the same and <c>_tokens</c>.</summary>
    public TokenMap Mark(string name)
    {
        Tokens.Mark($"{name}_tokens");
        Map.Mark(name);
        return this;
    }
}
