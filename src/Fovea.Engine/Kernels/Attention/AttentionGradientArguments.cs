namespace Fovea.Engine.Kernels;

/// <summary>The operands and results of <see cref="AttentionGradientKernel"/>.</summary>
internal unsafe struct AttentionGradientArguments
{
    /// <summary>Queries [B, N, H·D].</summary>
    public Tokens Query;

    /// <summary>Keys [B, M, H·D].</summary>
    public Tokens Key;

    /// <summary>Values [B, M, H·Dv].</summary>
    public Tokens Value;

    /// <summary>The bias of the scores.</summary>
    public AttentionBiasArguments Bias;

    /// <summary>The forward pass's logarithms of the sums [B, H, N].</summary>
    public float* LogSumExp;

    /// <summary>Gradient of the output [B, N, H·Dv].</summary>
    public Tokens OutputGradient;

    /// <summary>Gradient of the queries [B, N, H·D], overwritten.</summary>
    public Tokens QueryGradient;

    /// <summary>Gradient of the keys [B, M, H·D], overwritten.</summary>
    public Tokens KeyGradient;

    /// <summary>Gradient of the values [B, M, H·Dv], overwritten.</summary>
    public Tokens ValueGradient;

    /// <summary>
    /// Gradient of the scores before the softmax [B, H, N, M], overwritten, or null; its sum over the batch is the gradient of the table.
    /// </summary>
    public float* ScoreGradient;

    /// <summary>Gradient of the relative logits by row, overwritten, or null.</summary>
    public float* RelativeRowsGradient;

    /// <summary>Gradient of the relative logits by column, overwritten, or null.</summary>
    public float* RelativeColumnsGradient;
}
