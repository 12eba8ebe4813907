using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Dynamic position bias (arXiv 2108.00154, section 3.3): a small network that makes of an offset between two cells (rows, columns) a bias
/// for each head, so that groups of any size have one: offsets (R, 2) to (R, heads).
/// </summary>
internal sealed class DynamicPositionBias : Module
{
    private readonly Linear _projection;
    private readonly List<(LayerNorm Norm, Linear Linear)> _layers = [];
    private readonly bool _residual;

    /// <summary>Makes a network.</summary>
    /// <param name="channels">Width of the attention; the network is a sixteenth as wide.</param>
    /// <param name="heads">Heads of the attention.</param>
    /// <param name="residual">True if the two middle layers have a shortcut, which no published network uses.</param>
    public DynamicPositionBias(int channels, int heads, bool residual = false)
    {
        _residual = residual;
        int width = channels / 4 / 4;
        _projection = Add("pos_proj", new Linear(2, width));
        for (int i = 1; i <= 3; i++)
        {
            _layers.Add((Add($"pos{i}.0", new LayerNorm(width)), Add($"pos{i}.2", new Linear(width, i == 3 ? heads : width))));
        }
    }

    /// <summary>The bias (heads, tokens, tokens) between the cells of a group, row by row.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="height">Rows of the group.</param>
    /// <param name="width">Columns of the group.</param>
    public Value Forward(ComputeGraph graph, int height, int width)
    {
        using (Enter(graph))
        {
            float[] offsets = Offsets(height, width);
            int cells = height * width;
            Value biases = Build(graph.Table([offsets.Length / 2, 2], offsets));
            return biases.Gather(graph.Table([cells, cells], Pairs(height, width))).Permute(2, 0, 1);
        }
    }

    /// <summary>
    /// All offsets within a group, rows from 1−height to height−1, and for each of them columns from 1−width to width−1.
    /// </summary>
    internal static float[] Offsets(int height, int width)
    {
        float[] offsets = new float[2 * ((2 * height) - 1) * ((2 * width) - 1)];
        for (int i = 0; i < offsets.Length / 2; i++)
        {
            (int row, int column) = Math.DivRem(i, (2 * width) - 1);
            offsets[2 * i] = row + 1 - height;
            offsets[(2 * i) + 1] = column + 1 - width;
        }

        return offsets;
    }

    /// <summary>For each query and key of a group which of the <see cref="Offsets"/> is the query's place less the key's.</summary>
    internal static int[] Pairs(int height, int width)
    {
        int cells = height * width;
        int[] pairs = new int[cells * cells];
        for (int i = 0; i < pairs.Length; i++)
        {
            (int query, int key) = Math.DivRem(i, cells);
            int row = (query / width) - (key / width) + height - 1;
            int column = (query % width) - (key % width) + width - 1;
            pairs[i] = (row * ((2 * width) - 1)) + column;
        }

        return pairs;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        x = _projection.Forward(x);
        for (int i = 0; i < _layers.Count; i++)
        {
            (LayerNorm norm, Linear linear) = _layers[i];
            Value y = linear.Forward(norm.Forward(x).Relu());
            x = _residual && i < _layers.Count - 1 ? x + y : y;
        }

        return x;
    }
}

/// <summary>
/// Self-attention within the groups of a map (N, H, W, C), with a dynamic position bias (arXiv 2108.00154, sections 3.2 and 3.3).
/// </summary>
internal sealed class CrossFormerAttention : Module
{
    private readonly DynamicPositionBias? _position;
    private readonly SelfAttention _attention;

    /// <summary>Makes the attention of one block.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="bias">True if queries, keys and values have a bias.</param>
    /// <param name="dropout">Dropout of attention weights.</param>
    /// <param name="projectionDropout">Dropout behind the projection.</param>
    /// <param name="position">True if scores have a dynamic position bias.</param>
    public CrossFormerAttention(
        int channels, int heads, bool bias = true, float dropout = 0, float projectionDropout = 0, bool position = true)
    {
        _position = position ? Add("pos", new DynamicPositionBias(channels, heads)) : null;
        SelfAttention attention = new(channels, heads, channels / heads, bias, dropout: dropout, projectionDropout: projectionDropout);
        _attention = Add("", attention);
    }

    /// <summary>Builds the attention on a map (N, H, W, C).</summary>
    /// <param name="x">The map.</param>
    /// <param name="groups">Groups that it is split into.</param>
    public Value Forward(Value x, TokenGroups groups)
    {
        using (Enter(x.Graph))
        {
            TokenGrid grid = TokenGrouping.GridOf(x);
            Value? position = _position?.Forward(x.Graph, groups.Height, groups.Width);
            AttentionBias bias = new(Table: position, Mask: x.Graph.PaddingMask(groups, grid));
            return _attention.Forward(x.Group(groups), new AttentionTokens(grid, grid, groups), bias).Ungroup(groups, grid);
        }
    }
}
