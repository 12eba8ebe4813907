using Fovea.Layers;

namespace Fovea.Explanations;

/// <summary>
/// All weights of an attention for an image, from which the map of any query and head is taken. Groups are laid back onto the grid that
/// they were cut from, with zeros where a query does not see.
/// </summary>
public sealed class AttentionMaps
{
    private readonly AttentionTokens _tokens;
    private readonly float[] _weights;
    private readonly int _queries;
    private readonly int _keys;

    /// <summary>Takes the weights of an attention.</summary>
    /// <param name="layer">The attention.</param>
    /// <param name="weights">Weights (groups, heads, queries, keys) of one image.</param>
    /// <param name="region">Part of the image that the maps lie over.</param>
    internal AttentionMaps(ExplainableLayer layer, float[] weights, ImageRegion region)
    {
        (Layer, Heads, Region, _tokens, _weights) = (layer.Name, layer.Heads, region, layer.Tokens!, weights);
        (_queries, _keys) = _tokens.Groups is TokenGroups groups
            ? (groups.Height * groups.Width, groups.Height * groups.Width)
            : (Queries.Count, Keys.Count);
    }

    /// <summary>Name of the attention.</summary>
    public string Layer { get; }

    /// <summary>Number of heads.</summary>
    public int Heads { get; }

    /// <summary>Tokens that attend.</summary>
    public TokenGrid Queries => _tokens.Queries;

    /// <summary>Tokens that are attended to; maps have this grid.</summary>
    public TokenGrid Keys => _tokens.Keys;

    /// <summary>Part of the image that the maps lie over.</summary>
    public ImageRegion Region { get; }

    /// <summary>Map of a cell of <see cref="Queries"/>.</summary>
    /// <param name="row">Row of the cell.</param>
    /// <param name="column">Column of the cell.</param>
    /// <param name="head">Head, counted from 0; the mean of all where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such cell or head.</exception>
    public Explanation OfCell(int row, int column, int? head = null)
    {
        CheckRange(row, Queries.Height, nameof(row));
        CheckRange(column, Queries.Width, nameof(column));
        Sum sum = new(Keys);
        AddCell(sum, row, column, head, 1);
        return Finish(sum, head) with { Query = Region.PointOf(row, column, Queries.Height, Queries.Width) };
    }

    /// <summary>Map of a class token of <see cref="Queries"/>.</summary>
    /// <param name="token">The token, counted from 0.</param>
    /// <param name="head">Head, counted from 0; the mean of all where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token or head.</exception>
    public Explanation OfClassToken(int token = 0, int? head = null)
    {
        CheckRange(token, Queries.ClassTokens, nameof(token));
        Sum sum = new(Keys);
        AddRow(sum, 0, token, head, 1);
        return Finish(sum, head);
    }

    /// <summary>Mean of the maps of all cells of <see cref="Queries"/>; of all class tokens where there are no cells.</summary>
    /// <param name="head">Head, counted from 0; the mean of all where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such head.</exception>
    public Explanation Mean(int? head = null)
    {
        Sum sum = new(Keys);
        int cells = Queries.Height * Queries.Width;
        for (int cell = 0; cell < cells; cell++)
        {
            AddCell(sum, cell / Queries.Width, cell % Queries.Width, head, 1.0 / cells);
        }

        for (int token = 0; cells == 0 && token < Queries.ClassTokens; token++)
        {
            AddRow(sum, 0, token, head, 1.0 / Queries.ClassTokens);
        }

        return Finish(sum, head);
    }

    private static void CheckRange(int index, int count, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, count, name);
    }

    private void AddCell(Sum sum, int row, int column, int? head, double factor)
    {
        (int group, int token) = _tokens.Groups?.Find(Queries, row, column) ?? (0, Queries.ClassTokens + (row * Queries.Width) + column);
        AddRow(sum, group, token, head, factor);
    }

    private void AddRow(Sum sum, int group, int token, int? head, double factor)
    {
        CheckRange(head ?? 0, Heads, nameof(head));
        (int first, int count) = head is int one ? (one, 1) : (0, Heads);
        for (int h = first; h < first + count; h++)
        {
            ReadOnlySpan<float> row = _weights.AsSpan(((((group * Heads) + h) * _queries) + token) * _keys, _keys);
            for (int key = 0; key < _keys; key++)
            {
                double weight = row[key] * factor / count;
                if (_tokens.Groups is TokenGroups groups)
                {
                    // Keys in the padding are masked: they have no weight.
                    (int y, int x) = groups.Cell(Keys, group, key);
                    sum.AddAt(y, x, weight);
                }
                else if (key < Keys.ClassTokens)
                {
                    sum.ClassTokenShare += weight;
                }
                else
                {
                    sum.Cells[key - Keys.ClassTokens] += weight;
                }
            }
        }
    }

    private Explanation Finish(Sum sum, int? head) => new()
    {
        Method = ExplanationMethod.Attention,
        Layer = Layer,
        Head = head,
        Height = Keys.Height,
        Width = Keys.Width,
        Values = Array.ConvertAll(sum.Cells, value => (float)value),
        ClassTokenShare = (float)sum.ClassTokenShare,
        Region = Region,
    };

    private sealed class Sum(TokenGrid keys)
    {
        public double[] Cells { get; } = new double[keys.Height * keys.Width];

        public double ClassTokenShare { get; set; }

        public void AddAt(int row, int column, double weight)
        {
            if (row < keys.Height && column < keys.Width)
            {
                Cells[(row * keys.Width) + column] += weight;
            }
        }
    }
}
