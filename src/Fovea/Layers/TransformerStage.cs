namespace Fovea.Layers;

/// <summary>Transformer blocks one behind another, over a grid with tokens in front of it.</summary>
public sealed class TransformerStage : Module
{
    private readonly List<TransformerBlock> _blocks = [];

    /// <summary>Makes a stage.</summary>
    /// <param name="key">Checkpoint key of the blocks; a dot and each one's number follow.</param>
    /// <param name="depth">Number of blocks.</param>
    /// <param name="make">Makes the block of a number.</param>
    public TransformerStage(string key, int depth, Func<int, TransformerBlock> make)
    {
        for (int i = 0; i < depth; i++)
        {
            _blocks.Add(Add($"{key}.{i}", make(i)));
        }
    }

    /// <summary>Builds the stage.</summary>
    /// <param name="x">Tokens (B, N, C).</param>
    /// <param name="grid">Grid of the tokens.</param>
    /// <param name="name">
    /// Mark of the result, none where null; the maps behind the blocks before the last have the same with <c>_block</c> and a number.
    /// </param>
    /// <returns>Map and tokens, taken apart.</returns>
    public TokenMap Forward(Value x, TokenGrid grid, string? name = null)
    {
        using (Enter(x.Graph))
        {
            AttentionTokens tokens = AttentionTokens.Within(grid);
            for (int i = 0; i < _blocks.Count; i++)
            {
                x = _blocks[i].Forward(x, tokens);
                if (name is not null)
                {
                    TokenMap.FromList(x, grid).Mark(i == _blocks.Count - 1 ? name : $"{name}_block{i}");
                }
            }

            return TokenMap.FromList(x, grid);
        }
    }
}
