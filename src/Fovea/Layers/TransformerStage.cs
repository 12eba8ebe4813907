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
    /// <returns>Map and tokens, taken apart.</returns>
    public TokenMap Forward(Value x, TokenGrid grid)
    {
        using (Enter(x.Graph))
        {
            AttentionTokens tokens = AttentionTokens.Within(grid);
            return TokenMap.FromList(_blocks.Aggregate(x, (y, block) => block.Forward(y, tokens)), grid);
        }
    }
}
