namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// left (…, M, K) · right (…, K, N) = (…, M, N). A right operand of two axes is shared by all leading axes of the left one, which
/// then count as rows: a linear layer, or a 1×1 convolution, which is the same.
/// </summary>
/// <param name="TransposeLeft">True where the left operand is stored as (…, K, M).</param>
/// <param name="TransposeRight">True where the right operand is stored as (…, N, K), as weights (out, in) are.</param>
public sealed record MatMul(bool TransposeLeft, bool TransposeRight) : LinearOperation
{
    /// <inheritdoc/>
    public override string Details =>
        (TransposeLeft ? "left transposed" : "")
        + (TransposeLeft && TransposeRight ? ", " : "")
        + (TransposeRight ? "right transposed" : "");

    /// <inheritdoc/>
    public override int WeightOutputAxis => TransposeRight ? -2 : -1;

    /// <summary>Rows, columns and depth of one product, and how many products there are.</summary>
    public static (long Batch, int Rows, int Columns, int Depth) Extents(MatMul product, Shape left, Shape right)
    {
        int columns = right[product.TransposeRight ? -2 : -1];
        int depth = right[product.TransposeRight ? -1 : -2];
        if (right.Rank == 2 && !product.TransposeLeft)
        {
            return (1, (int)(left.Elements / depth), columns, depth);
        }

        int rows = left[product.TransposeLeft ? -1 : -2];
        return (left.Elements / ((long)rows * depth), rows, columns, depth);
    }

    /// <inheritdoc/>
    protected override Shape InferLinear(Shape left, Shape right)
    {
        Require(left.Rank >= 2 && right.Rank >= 2, () => $"a product takes operands of at least two axes, got {left} and {right}");
        int depth = left[TransposeLeft ? -2 : -1];
        int rightDepth = right[TransposeRight ? -1 : -2];
        Require(depth == rightDepth, () => $"the product sums over {depth} elements of {left} and over {rightDepth} of {right}");
        Require(
            right.Rank == 2 || (right.Rank == left.Rank && right.Take(right.Rank - 2).SequenceEqual(left.Take(left.Rank - 2))),
            () => $"the leading axes of {left} and {right} differ");
        Require(
            right.Rank > 2 || left.Rank == 2 || !TransposeLeft,
            () => $"a transposed left operand {left} takes a right one of as many axes, got {right}");
        return left.With(-2, left[TransposeLeft ? -1 : -2]).With(-1, right[TransposeRight ? -2 : -1]);
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Value?> LinearGradient(Node node, Value dy)
    {
        Value a = node.Inputs[0];
        Value b = node.Inputs[1];
        if (b.Shape.Rank == 2 && a.Shape.Rank > 2)
        {
            // Shared weights: leading axes are rows.
            int depth = a.Shape.Last;
            Value rows = a.Reshape([(int)(a.Shape.Elements / depth), depth]);
            Value upstream = dy.Reshape([rows.Shape[0], dy.Shape.Last]);
            Value weights = TransposeRight ? upstream.MatMul(rows, transposeLeft: true) : rows.MatMul(upstream, transposeLeft: true);
            return [dy.MatMul(b, transposeRight: !TransposeRight), weights];
        }

        if (dy.Shape.Last == 1 && !TransposeLeft)
        {
            // An outer product is an element-wise one, which joins its neighbours. It comes last, so that it may take the operand's memory.
            Value column = TransposeRight ? dy.MatMul(a, transposeLeft: true) : a.MatMul(dy, transposeLeft: true);
            Value row = b.Reshape(a.Shape.With(-2, 1));
            return [dy.BroadcastTo(a.Shape) * row.BroadcastTo(a.Shape), column];
        }

        Value da = (TransposeLeft, TransposeRight) switch
        {
            (false, false) => dy.MatMul(b, transposeRight: true),
            (false, true) => dy.MatMul(b),
            (true, false) => b.MatMul(dy, transposeRight: true),
            (true, true) => b.MatMul(dy, transposeLeft: true, transposeRight: true),
        };
        Value db = (TransposeLeft, TransposeRight) switch
        {
            (false, false) => a.MatMul(dy, transposeLeft: true),
            (false, true) => dy.MatMul(a, transposeLeft: true),
            (true, false) => a.MatMul(dy),
            (true, true) => dy.MatMul(a, transposeLeft: true, transposeRight: true),
        };
        return [da, db];
    }

    /// <inheritdoc/>
    public override long MultiplyAdds(Node node)
    {
        (long batch, int rows, int columns, int depth) = Extents(this, node.Inputs[0].Shape, node.Inputs[1].Shape);
        return batch * rows * columns * depth;
    }
}

/// <summary>Products as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>left (…, M, K) · right (…, K, N) or (K, N); the flags say which operand is stored transposed.</summary>
    public static Value MatMul(this Value left, Value right, bool transposeLeft = false, bool transposeRight = false) =>
        left.Graph.Apply(new MatMul(transposeLeft, transposeRight), left, right);
}
