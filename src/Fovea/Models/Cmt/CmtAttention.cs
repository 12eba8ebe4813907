using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Lightweight multi-head self-attention (arXiv 2107.06263, section 3.2): keys and values are computed on a map that a strided depthwise
/// convolution made smaller.
/// </summary>
internal sealed class CmtAttention : Module
{
    private readonly CmtConfig _config;
    private readonly CmtStage _stage;
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly Linear _projection;
    private readonly (DepthwiseConv2d Convolution, BatchNorm2d Norm)? _reduction;

    /// <summary>Makes the attention of one block.</summary>
    /// <param name="config">Options of the network.</param>
    /// <param name="stage">Index of the stage.</param>
    public CmtAttention(CmtConfig config, int stage)
    {
        _config = config;
        _stage = config.Stages[stage];
        (int channels, int reduction) = (_stage.Channels, _stage.Reduction);
        _query = Add("q", new Linear(channels, channels / config.QueryKeyRatio, config.QueryKeyValueBias));
        _key = Add("k", new Linear(channels, channels / config.QueryKeyRatio, config.QueryKeyValueBias));
        _value = Add("v", new Linear(channels, channels, config.QueryKeyValueBias));
        _projection = Add("proj", new Linear(channels, channels));
        if (reduction > 1)
        {
            _reduction = (Add("sr.0", new DepthwiseConv2d(channels, reduction, stride: reduction)), Add("sr.1", new BatchNorm2d(channels)));
        }
    }

    /// <summary>Builds the attention.</summary>
    /// <param name="x">A map (N, H, W, C).</param>
    /// <param name="position">Relative position bias of the stage (heads, N, M).</param>
    public Value Forward(Value x, Value position)
    {
        using (Enter(x.Graph))
        {
            Value reduced = _reduction is var (convolution, norm) ? norm.Forward(convolution.Forward(x)) : x;
            Value query = _query.Forward(x).ToTokens();
            Value tokens = reduced.ToTokens();
            float scale = _config.QueryKeyScale ?? 1 / MathF.Sqrt((float)_stage.Channels / _stage.Heads);
            AttentionTokens grids = new(new TokenGrid(x.Shape[1], x.Shape[2]), new TokenGrid(reduced.Shape[1], reduced.Shape[2]));
            AttentionBias bias = new(Table: position);
            Value attended = query.Attend(
                _key.Forward(tokens), _value.Forward(tokens), _stage.Heads, scale, grids, bias, _config.AttentionDropout);
            return _projection.Forward(attended.ToMap(x.Shape[1], x.Shape[2])).Dropout(_config.ProjectionDropout);
        }
    }
}
