using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Cross-scale embedding (arXiv 2108.00154, section 3.1): convolutions of one stride and several kernels around the same centres, whose
/// results stand side by side: a map (N, H, W, in) to (N, ⌊H/stride⌋, ⌊W/stride⌋, out). Half of the channels come from the first
/// kernel, a quarter from the second, and so on; the last two have equally many.
/// </summary>
internal sealed class CrossScaleEmbedding : Module
{
    private readonly List<Conv2d> _convolutions = [];
    private readonly LayerNorm _norm;
    private readonly bool _normFirst;

    /// <summary>Makes an embedding.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="kernels">Taps of each convolution along each side, ascending.</param>
    /// <param name="stride">Cells between neighbouring results.</param>
    /// <param name="key">Checkpoint key of the convolutions.</param>
    /// <param name="normFirst">True if layer normalisation stands in front of the convolutions, not behind them.</param>
    /// <exception cref="ArgumentException">A kernel and the stride have no common centre.</exception>
    public CrossScaleEmbedding(int inputs, int outputs, IReadOnlyList<int> kernels, int stride, string key, bool normFirst)
    {
        _normFirst = normFirst;
        for (int i = 0; i < kernels.Count; i++)
        {
            if (kernels[i] < stride || (kernels[i] - stride) % 2 != 0)
            {
                throw new ArgumentException(
                    $"Kernel {kernels[i]} has no common centre with a stride of {stride}: kernels are the stride plus an even number.",
                    nameof(kernels));
            }

            int channels = outputs >> Math.Min(i + 1, kernels.Count - 1);
            int padding = (kernels[i] - stride) / 2;
            Conv2d convolution = new(inputs, channels, kernels[i], stride, padding, initializer: Initializer.FanInUniform);
            _convolutions.Add(Add($"{key}.{i}", convolution));
        }

        _norm = Add("norm", new LayerNorm(normFirst ? inputs : outputs));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value input = _normFirst ? _norm.Forward(x) : x;
        Value[] scales = [.. _convolutions.Select(convolution => convolution.Forward(input))];
        Value joined = scales.Length == 1 ? scales[0] : scales.Concat(3);
        return _normFirst ? joined : _norm.Forward(joined);
    }
}

/// <summary>
/// A block of CrossFormer on a map (N, H, W, C): attention within groups and a feed-forward network, each with its shortcut
/// (arXiv 2108.00154, figure 2), and in some blocks of CrossFormer++ a cooling layer, a depthwise convolution and a norm without a shortcut
/// (arXiv 2303.06908).
/// </summary>
internal sealed class CrossFormerBlock : Module
{
    private readonly Func<TokenGrid, TokenGroups> _groups;
    private readonly CrossFormerAttention _attention;
    private readonly PreNormBranch _attentionBranch;
    private readonly PreNormBranch _feedForwardBranch;
    private readonly (DepthwiseConv2d Convolution, LayerNorm Norm)? _cooling;

    /// <summary>Makes a block.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="stage">The stage's index.</param>
    /// <param name="index">The block's index within the stage.</param>
    /// <param name="dropPath">Probability of dropping a branch in training.</param>
    public CrossFormerBlock(CrossFormerConfig config, int stage, int index, float dropPath = 0)
    {
        CrossFormerStage numbers = config.Stages[stage];
        int channels = config.ChannelsOf(stage);
        _groups = grid => config.GroupsOf(stage, index, grid);
        _attention = new CrossFormerAttention(
            channels, numbers.Heads, config.QueryKeyValueBias, config.AttentionDropout, config.Dropout, config.PositionBias);
        _attentionBranch = Add("", new PreNormBranch("norm1", new LayerNorm(channels), "attn", _attention, dropPath));
        if (config.Cools(stage, index))
        {
            DepthwiseConv2d convolution = new(channels, kernel: 3, padding: 1, initializer: Initializer.FanInUniform);
            _cooling = (Add("ex_conv", convolution), Add("ex_ln", new LayerNorm(channels)));
        }

        Mlp feedForward = new(channels, (int)(channels * numbers.MlpRatio), dropout: config.Dropout);
        _feedForwardBranch = Add("", new PreNormBranch("norm2", new LayerNorm(channels), "mlp", feedForward, dropPath));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        TokenGroups groups = _groups(TokenGrouping.GridOf(x));
        Value attended = _attentionBranch.Forward(x, normalised => _attention.Forward(normalised, groups));
        Value mixed = _feedForwardBranch.Forward(attended);
        return _cooling is var (convolution, norm) ? norm.Forward(convolution.Forward(mixed)) : mixed;
    }
}
