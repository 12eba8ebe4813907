namespace Fovea.Formats.Onnx.Steps;

/// <summary>Writes attention as products and a softmax of heads.</summary>
internal static class Attentions
{
    /// <summary>Adds the nodes of an attention: queries (B, N, C), keys and values (B, M, C), the bias of the scores.</summary>
    public static void Write(Attention attention, ExportStep step, OnnxGraph graph)
    {
        (Shape query, Shape key) = (step.Reads[0].Shape, step.Reads[1].Shape);
        string scores = graph.Add("MatMul", [Heads(step.Reads[0], attention, graph, 0, 2, 1, 3), Heads(step.Reads[1], attention, graph, 0, 2, 3, 1)]);
        scores = attention.Scale == 1 ? scores : graph.Add("Mul", [scores, graph.Number(attention.Scale)]);
        int next = 3;
        if (attention.BiasParts.HasFlag(AttentionBiasParts.Table))
        {
            scores = graph.Add("Add", [scores, graph.Operand(step.Reads[next++], role: "position")]);
        }

        if (attention.BiasParts.HasFlag(AttentionBiasParts.Relative))
        {
            scores = AddRelative(scores, attention, step.Reads[next], step.Reads[next + 1], graph);
            next += 2;
        }

        if (attention.BiasParts.HasFlag(AttentionBiasParts.Mask))
        {
            scores = AddMask(scores, attention, query[1], step.Reads[next], graph);
        }

        string weights = graph.Add("Softmax", [scores], new OnnxAttribute("axis", -1L));
        string attended = graph.Add("MatMul", [weights, Heads(step.Reads[2], attention, graph, 0, 2, 1, 3)]);
        attended = attention.Heads == 1 ? attended : graph.Transpose(attended, 0, 2, 1, 3);
        graph.Define(step.Result, graph.Reshape(attended, -1, query[1], step.Result.Shape.Last));
    }

    /// <summary>Tokens (B, N, heads·d) as (B, N, heads, d) in another order.</summary>
    private static string Heads(Value tokens, Attention attention, OnnxGraph graph, params int[] order)
    {
        (int heads, int width) = (attention.Heads, tokens.Shape.Last / attention.Heads);
        string source = graph.Operand(tokens);
        if (heads == 1 && order is [0, 2, 1, 3])
        {
            return graph.Reshape(source, -1, 1, tokens.Shape[1], width);
        }

        return graph.Transpose(graph.Reshape(source, -1, tokens.Shape[1], heads, width), order);
    }

    /// <summary>Adds a mask (G, M) of keys to the scores (k·G, heads, N, M).</summary>
    private static string AddMask(string scores, Attention attention, int queries, Value mask, OnnxGraph graph)
    {
        (int groups, int keys) = (mask.Shape[0], mask.Shape[1]);
        string apart = graph.Reshape(scores, -1, groups, attention.Heads, queries, keys);
        string masked = graph.Add("Add", [apart, graph.Constant(mask, "mask", shape: [groups, 1, 1, keys])]);
        return graph.Reshape(masked, -1, attention.Heads, queries, keys);
    }

    /// <summary>Adds logits of offsets by row and by column to the scores (B, heads, H·W, H·W).</summary>
    private static string AddRelative(string scores, Attention attention, Value rows, Value columns, OnnxGraph graph)
    {
        (int height, int width) = (attention.RelativeExtent(rows.Shape), attention.RelativeExtent(columns.Shape));
        int heads = attention.Heads;

        // (B, H, W, heads, entries): the axis of the queries' places comes to stand before the entries.
        string byRow = graph.Transpose(graph.Reshape(graph.Operand(rows), -1, height, width, heads, (2 * height) - 1), 0, 3, 2, 1, 4);
        string byColumn = graph.Transpose(graph.Reshape(graph.Operand(columns), -1, height, width, heads, (2 * width) - 1), 0, 3, 1, 2, 4);
        byRow = graph.Transpose(OfKeys(byRow, heads, width, height, graph), 0, 1, 3, 2, 4);
        byColumn = OfKeys(byColumn, heads, height, width, graph);
        int cells = height * width;
        string sum = graph.Add("Add", [graph.Reshape(scores, -1, heads, cells, height, width), graph.Reshape(byRow, -1, heads, cells, height, 1)]);
        sum = graph.Add("Add", [sum, graph.Reshape(byColumn, -1, heads, cells, 1, width)]);
        return graph.Reshape(sum, -1, heads, cells, cells);
    }

    /// <summary>
    /// Logits (B, heads, other, extent, 2·extent−1), where entry j − i + extent − 1 of query i is for key j, as (B, heads, other, extent, extent): read in rows
    /// one entry shorter, from entry extent − 1 on, row i begins with key 0.
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
