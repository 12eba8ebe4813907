using Fovea.Layers;

namespace Fovea.Explanations;

/// <summary>
/// The way of a class token through the attentions of a network, along which attention is rolled out: self-attentions over class tokens and
/// a grid, between which windowed operations may shrink the grid, up to the last attention, in which a class token attends.
/// </summary>
/// <param name="Attentions">Grids of the attentions in the order in which an image passes them: the last ones of the network.</param>
/// <param name="Shrinkings">For each attention but the last, the windows between its grid and that of the next, in order.</param>
internal sealed record TokenPath(IReadOnlyList<AttentionTokens> Attentions, IReadOnlyList<IReadOnlyList<WindowSpec>> Shrinkings)
{
    /// <summary>Finds the way in a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>The way; null where no class token attends in the last attention.</returns>
    public static TokenPath? Find(ExplainedGraph graph)
    {
        if (graph.Attentions is not [.., { Tokens: { Queries.ClassTokens: > 0, Groups: null } } last])
        {
            return null;
        }

        List<AttentionDescription> attentions = [last];
        List<IReadOnlyList<WindowSpec>> shrinkings = [];
        foreach (AttentionDescription before in graph.Attentions.SkipLast(1).Reverse())
        {
            TokenGrid next = attentions[0].Tokens.Keys;
            if (before.Tokens.Groups is not null
                || before.Tokens.Queries != before.Tokens.Keys
                || before.Tokens.Keys.ClassTokens != next.ClassTokens
                || Shrinking(graph, before, attentions[0]) is not List<WindowSpec> windows)
            {
                break;
            }

            attentions.Insert(0, before);
            shrinkings.Insert(0, windows);
        }

        return new TokenPath([.. attentions.Select(one => one.Tokens)], shrinkings);
    }

    /// <summary>
    /// The share that each token of the first attention has in a class token of the last: its row of Π (A + I)/2 over all attentions
    /// (arXiv 2005.00928, eq. 1), or of Π (A + I) with gradient-weighted A (arXiv 2103.15679, eq. 6). Where the grid shrinks, a cell
    /// counts equally for all cells under its window.
    /// </summary>
    /// <param name="weights">Weights (N, M) of the attention of a number.</param>
    /// <param name="weighted">True where weights are weighted by gradients, and do not sum to 1.</param>
    /// <param name="token">The class token.</param>
    /// <returns>Shares of the tokens of the first attention's keys.</returns>
    public double[] RollOut(Func<int, ReadOnlySpan<float>> weights, bool weighted, int token)
    {
        TokenGrid keys = Attentions[^1].Keys;

        // A class token that the last attention does not see, as it keeps to the map, is no key of it: its own part ends there.
        double[] row = new double[keys.Count];
        double own = weighted ? 1 : 0.5;
        int last = Attentions.Count - 1;
        ReadOnlySpan<float> attended = weights(last).Slice(token * keys.Count, keys.Count);
        for (int key = 0; key < keys.Count; key++)
        {
            row[key] = own * attended[key];
        }

        if (token < keys.ClassTokens)
        {
            row[token] += own;
        }

        for (int i = last - 1; i >= 0; i--)
        {
            TokenGrid grid = Attentions[i].Keys;
            row = Enlarge(row, Shrinkings[i], grid);
            row = Through(row, weights(i), own);
        }

        return row;
    }

    /// <summary>A row times own·(A + I).</summary>
    private static double[] Through(double[] row, ReadOnlySpan<float> weights, double own)
    {
        double[] result = Array.ConvertAll(row, share => own * share);
        for (int query = 0; query < row.Length; query++)
        {
            ReadOnlySpan<float> attended = weights.Slice(query * row.Length, row.Length);
            double share = own * row[query];
            for (int key = 0; key < row.Length; key++)
            {
                result[key] += share * attended[key];
            }
        }

        return result;
    }

    /// <summary>Shares of the tokens in front of windows from those behind: class tokens stay as they are.</summary>
    private static double[] Enlarge(double[] row, IReadOnlyList<WindowSpec> windows, TokenGrid grid)
    {
        List<TokenGrid> grids = [grid];
        foreach (WindowSpec window in windows)
        {
            Shape shape = window.Output([1, grids[^1].Height, grids[^1].Width, 1], 1);
            grids.Add(grid with { Height = shape[1], Width = shape[2] });
        }

        for (int i = windows.Count - 1; i >= 0; i--)
        {
            row = Enlarge(row, windows[i], grids[i], grids[i + 1]);
        }

        return row;
    }

    private static double[] Enlarge(double[] row, WindowSpec window, TokenGrid large, TokenGrid small)
    {
        double[] result = new double[large.Count];
        row.AsSpan(0, large.ClassTokens).CopyTo(result);
        for (int cell = 0; cell < small.Height * small.Width; cell++)
        {
            int[] rows = [.. Taps(cell / small.Width, large.Height)];
            int[] columns = [.. Taps(cell % small.Width, large.Width)];
            double share = row[small.ClassTokens + cell] / (rows.Length * columns.Length);
            foreach (int y in rows)
            {
                foreach (int x in columns)
                {
                    result[large.ClassTokens + (y * large.Width) + x] += share;
                }
            }
        }

        return result;

        IEnumerable<int> Taps(int place, int extent) => Enumerable.Range(0, window.Kernel)
            .Select(tap => (place * window.Stride) - window.Padding + (tap * window.Dilation))
            .Where(tap => tap >= 0 && tap < extent);
    }

    /// <summary>Windows that turn the grid of an attention into that of the next; null where none do.</summary>
    private static List<WindowSpec>? Shrinking(ExplainedGraph graph, AttentionDescription before, AttentionDescription after)
    {
        TokenGrid grid = before.Tokens.Keys;
        if (grid == after.Tokens.Keys)
        {
            return [];
        }

        List<WindowSpec> windows = [];
        foreach (Node node in graph.NodesBetween(before, after))
        {
            WindowSpec? window = node.Operation switch
            {
                Convolution convolution => convolution.WindowSpec,
                DepthwiseConvolution convolution => convolution.WindowSpec,
                Pooling pooling => pooling.WindowSpec,
                _ => null,
            };
            if (window is null or { Kernel: 1, Stride: 1 })
            {
                continue;
            }

            if ((node.Inputs[0].Shape[1], node.Inputs[0].Shape[2]) != (grid.Height, grid.Width))
            {
                return null;
            }

            windows.Add(window);
            grid = grid with { Height = node.Outputs[0].Shape[1], Width = node.Outputs[0].Shape[2] };
        }

        return grid == after.Tokens.Keys ? windows : null;
    }
}
