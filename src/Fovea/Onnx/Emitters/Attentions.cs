namespace Fovea.Onnx.Emitters;

/// <summary>Writes attention as products and a softmax of heads.</summary>
internal static class Attentions
{
    /// <summary>Attention of queries (B, N, C) over keys and values (B, M, C), with the bias of the scores.</summary>
    public static string Attention(Attention attention, Emission node)
    {
        OnnxGraph graph = node.Graph;
        int queries = node.Result[1];
        string scores = graph.Add("MatMul", [Heads(0, attention, node, 0, 2, 1, 3), Heads(1, attention, node, 0, 2, 3, 1)]);
        scores = attention.Scale == 1 ? scores : graph.Add("Mul", [scores, graph.Number(attention.Scale)]);
        int next = 3;
        if (attention.BiasParts.HasFlag(AttentionBiasParts.Table))
        {
            scores = graph.Add("Add", [scores, node.Operand(next++, "position")]);
        }

        if (attention.BiasParts.HasFlag(AttentionBiasParts.Relative))
        {
            scores = AddRelative(scores, attention, next, node);
            next += 2;
        }

        if (attention.BiasParts.HasFlag(AttentionBiasParts.Mask))
        {
            scores = AddMask(scores, attention, next, node);
        }

        string weights = graph.Add("Softmax", [scores], new OnnxAttribute("axis", -1L));
        string attended = graph.Add("MatMul", [weights, Heads(2, attention, node, 0, 2, 1, 3)]);
        attended = attention.Heads == 1 ? attended : graph.Transpose(attended, 0, 2, 1, 3);
        return graph.Reshape(attended, -1, queries, node.Result.Last);
    }

    /// <summary>Tokens (B, N, heads·d) as (B, N, heads, d) in another order.</summary>
    private static string Heads(int operand, Attention attention, Emission node, params int[] order)
    {
        Shape tokens = node.Inputs[operand].Shape;
        (int heads, int width) = (attention.Heads, tokens.Last / attention.Heads);
        return heads == 1 && order is [0, 2, 1, 3]
            ? node.Graph.Reshape(node.Operand(operand), -1, 1, tokens[1], width)
            : node.Graph.Transpose(node.Graph.Reshape(node.Operand(operand), -1, tokens[1], heads, width), order);
    }

    /// <summary>Adds a mask (G, M) of keys to the scores (k·G, heads, N, M).</summary>
    private static string AddMask(string scores, Attention attention, int operand, Emission node)
    {
        Shape mask = node.Inputs[operand].Shape;
        (int groups, int keys, int queries) = (mask[0], mask[1], node.Result[1]);
        string apart = node.Graph.Reshape(scores, -1, groups, attention.Heads, queries, keys);
        string masked = node.Graph.Add("Add", [apart, node.Constant(operand, "mask", shape: [groups, 1, 1, keys])]);
        return node.Graph.Reshape(masked, -1, attention.Heads, queries, keys);
    }

    /// <summary>Adds logits of offsets by row and by column to the scores (B, heads, H·W, H·W).</summary>
    private static string AddRelative(string scores, Attention attention, int operand, Emission node)
    {
        OnnxGraph graph = node.Graph;
        int height = attention.RelativeExtent(node.Inputs[operand].Shape);
        int width = attention.RelativeExtent(node.Inputs[operand + 1].Shape);
        int heads = attention.Heads;

        // (B, H, W, heads, entries): the axis of the queries' places comes to stand before the entries.
        string byRow = graph.Reshape(node.Operand(operand), -1, height, width, heads, (2 * height) - 1);
        string byColumn = graph.Reshape(node.Operand(operand + 1), -1, height, width, heads, (2 * width) - 1);
        byRow = graph.Transpose(byRow, 0, 3, 2, 1, 4);
        byColumn = graph.Transpose(byColumn, 0, 3, 1, 2, 4);
        byRow = graph.Transpose(OfKeys(byRow, heads, width, height, graph), 0, 1, 3, 2, 4);
        byColumn = OfKeys(byColumn, heads, height, width, graph);
        int cells = height * width;
        string sum = graph.Reshape(scores, -1, heads, cells, height, width);
        sum = graph.Add("Add", [sum, graph.Reshape(byRow, -1, heads, cells, height, 1)]);
        sum = graph.Add("Add", [sum, graph.Reshape(byColumn, -1, heads, cells, 1, width)]);
        return graph.Reshape(sum, -1, heads, cells, cells);
    }

    /// <summary>
    /// Logits (B, heads, other, extent, 2·extent−1), where entry j − i + extent − 1 of query i is for key j, as (B, heads, other,
    /// extent, extent): read in rows one entry shorter, from entry extent − 1 on, row i begins with key 0.
    /// </summary>
    private static string OfKeys(string logits, int heads, int other, int extent, OnnxGraph graph)
    {
        if (extent == 1)
        {
            return logits;
        }

        int shorter = (2 * extent) - 2;
        string flat = graph.Reshape(logits, -1, heads, other, extent * ((2 * extent) - 1));
        string shifted = graph.Reshape(graph.Slice(flat, 3, extent - 1, extent * shorter), -1, heads, other, extent, shorter);
        return graph.Slice(shifted, 4, 0, extent);
    }
}
