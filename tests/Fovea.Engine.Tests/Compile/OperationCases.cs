using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Tests.Graph;

namespace Fovea.Engine.Tests.Compile;

/// <summary>Every operation that has a gradient, on shapes that divide by nothing.</summary>
internal static class OperationCases
{
    public static IEnumerable<OperationCase> All =>
        [.. Elementwise, .. Products, .. Windows, .. Reductions, .. Layout, .. Normalizations, .. Others];

    private static IEnumerable<OperationCase> Elementwise
    {
        get
        {
            foreach (UnaryKind kind in Enum.GetValues<UnaryKind>())
            {
                Spread spread = kind switch
                {
                    UnaryKind.Log or UnaryKind.Sqrt or UnaryKind.ReciprocalSqrt => Spread.Positive,
                    UnaryKind.Relu or UnaryKind.Abs => Spread.Apart,
                    _ => Spread.Around,
                };
                yield return new($"{kind}", [[3, 37]], x => x[0].Graph.Apply(new Unary(kind), x), spread);
            }

            Shape map = [2, 3, 2, 5];
            Shape[] others = [map, [5], [2, 1, 1, 5], [2, 1, 1, 1], [1, 3, 1, 1], [3, 2, 1], Shape.Scalar];
            foreach (BinaryKind kind in Enum.GetValues<BinaryKind>().Where(kind => kind != BinaryKind.Equal))
            {
                Spread spread = kind switch
                {
                    BinaryKind.Divide => Spread.Positive,
                    BinaryKind.Maximum or BinaryKind.Minimum or BinaryKind.Greater or BinaryKind.GreaterOrEqual => Spread.Apart,
                    _ => Spread.Around,
                };
                foreach (Shape other in others)
                {
                    yield return new($"{kind} {map} {other}", [map, other], x => x[0].Graph.Apply(new Binary(kind), x), spread);
                    yield return new($"{kind} {other} {map}", [other, map], x => x[0].Graph.Apply(new Binary(kind), x), spread);
                }

                yield return new($"{kind}, both stretch", [[3, 1, 5], [2, 1]], x => x[0].Graph.Apply(new Binary(kind), x), spread);
            }

            foreach (Shape from in others.Skip(1))
            {
                yield return new($"broadcast {from}", [from], x => x[0].BroadcastTo(map));
            }

            yield return new("equal or not", [[3, 5], [5]], x => x[0].Equal(x[1]), Spread.Apart);
            yield return new("choice by an operand", [map, map, [5]], x => x[0].Where(x[1] * x[1], x[2]), Spread.Apart);
            yield return new(
                "choice by a comparison, broadcasting",
                [[3, 1, 5], [2, 1], [5]],
                x => (x[0] > x[2]).Where(x[1].Exp(), x[0] * x[2]),
                Spread.Apart);
            foreach (float exponent in (float[])[-2, -1, -0.5f, 0, 0.5f, 1, 1.7f, 2, 3, 4])
            {
                yield return new($"power {exponent}", [[3, 7]], x => x[0].Pow(exponent), Spread.Positive);
            }

            yield return new("cube of negative elements, too", [[3, 7]], x => x[0].Pow(3));
            yield return new("clamp", [[3, 7]], x => x[0].Clamp(-0.9f, 1.5f), Spread.Apart);
            yield return new(
                "arithmetic with numbers", [[3, 7]], x => ((1 - x[0]) * (2 * x[0]) / 3) + (x[0] - 0.5f) + (0.25f + (x[0] / 2)));
            yield return new("numbers divided", [[3, 7]], x => 2 / x[0].Square(), Spread.Positive);
            yield return new("a value used thrice", [[4, 7]], x => (x[0] * x[0]) + x[0].Tanh());
        }
    }

    private static IEnumerable<OperationCase> Products
    {
        get
        {
            foreach ((bool left, bool right) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
            {
                foreach (int[] leading in (int[][])[[], [3], [2, 3]])
                {
                    Shape a = Shape.Create([.. leading, left ? 7 : 5, left ? 5 : 7]);
                    Shape b = Shape.Create([.. leading, right ? 9 : 7, right ? 7 : 9]);
                    yield return new(
                        $"product {a}{(left ? "ᵀ" : "")} {b}{(right ? "ᵀ" : "")}", [a, b], x => x[0].MatMul(x[1], left, right));
                }

                if (!left)
                {
                    yield return new(
                        $"shared weights, transposed: {right}",
                        [[2, 3, 4, 7], right ? [9, 7] : [7, 9]],
                        x => x[0].MatMul(x[1], false, right));
                }
            }

            yield return new(
                "linear layer of many rows",
                [[67, 19], [21, 19], [21]],
                x => (x[0].MatMul(x[1], transposeRight: true) + x[2]).Tanh());
        }
    }

    private static IEnumerable<OperationCase> Windows
    {
        get
        {
            WindowSpec[] windows =
                [new(1), new(3), new(3, 1, 1), new(3, 2, 1), new(2, 2), new(3, 1, 2, 2), new(3, 2, 3, 2), new(5, 3, 2), new(1, 2)];
            foreach (WindowSpec window in windows)
            {
                int k = window.Kernel;
                Shape map = [2, 7, 6, 3];
                yield return new($"convolution {window}", [map, [4, k, k, 3]], x => x[0].Convolution(x[1], window));
                yield return new($"depthwise {window}", [[2, 7, 6, 9], [k, k, 9]], x => x[0].DepthwiseConvolution(x[1], window));
            }

            foreach (WindowSpec window in (WindowSpec[])[new(2, 2), new(3, 2, 1), new(3, 1, 1), new(3), new(5, 2, 2)])
            {
                Shape map = [2, 7, 6, 3];
                yield return new($"max pooling {window}", [map], x => x[0].MaxPooling(window), Spread.Apart);
                yield return new($"mean pooling {window}", [map], x => x[0].AveragePooling(window));
                yield return new($"mean pooling {window} without padding", [map], x => x[0].AveragePooling(window, countPadding: false));
            }
        }
    }

    private static IEnumerable<OperationCase> Reductions
    {
        get
        {
            foreach (ReductionKind kind in Enum.GetValues<ReductionKind>())
            {
                Spread spread = kind == ReductionKind.Max ? Spread.Apart : Spread.Around;
                foreach ((int first, int axes) in ((int, int)[])[(0, 1), (0, 2), (0, 3), (0, 4), (1, 1), (1, 2), (2, 1), (2, 2), (3, 1)])
                {
                    yield return new(
                        $"{kind} over {axes} axes from {first}",
                        [[3, 2, 4, 5]],
                        x => x[0].Graph.Apply(new Reduction(kind, first, axes), x),
                        spread);
                }
            }
        }
    }

    private static IEnumerable<OperationCase> Layout
    {
        get
        {
            Shape shape = [3, 2, 4, 5];
            yield return new("reshape", [shape], x => x[0].Reshape([6, 20]));
            foreach (int[] order in (int[][])[[0, 2, 1, 3], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 2, 3], [0, 1, 3, 2]])
            {
                yield return new($"permute {string.Join(' ', order)}", [shape], x => x[0].Permute(order));
            }

            for (int i = 0; i < 4; i++)
            {
                int axis = i;
                yield return new($"concat {axis}", [shape, shape.With(axis, 1), shape.With(axis, 3)], x => x.Concat(axis));
                yield return new($"slice {axis}", [shape], x => x[0].Slice(axis, 1, shape[axis] - 1));
                yield return new($"pad {axis}", [shape], x => x[0].Pad(axis, 2, 1));
            }

            yield return new("equal parts", [[6, 2, 5]], x => (x[0].Chunk(3)[0] * x[0].Chunk(3)[2]) + x[0].Chunk(3)[1]);
            yield return new("enlarged linearly", [[2, 4, 5, 3]], x => x[0].Enlarge(Interpolation.Bilinear, 1.3, 2.5));
            yield return new("enlarged by nearest pixels", [[2, 4, 5, 3]], x => x[0].Enlarge(Interpolation.Nearest, 1.3, 0.7));
            yield return new("gather", [[5, 3]], x => x[0].Gather(x[0].Graph.Table([2, 4], [0, 3, 3, 1, 4, 0, 3, 2])));
            foreach (Interpolation kind in Enum.GetValues<Interpolation>())
            {
                bool takesCorners = kind is Interpolation.Bilinear or Interpolation.Bicubic;
                (int, int, bool)[] sizes = [(7, 9, false), (3, 2, false), (5, 3, true), (2, 8, true), (1, 1, false)];
                foreach ((int height, int width, bool corners) in sizes.Where(size => takesCorners || !size.Item3))
                {
                    yield return new(
                        $"{kind} to {height}×{width}, corners {corners}", [[2, 4, 5, 3]], x => x[0].Resize(kind, height, width, corners));
                }
            }
        }
    }

    private static IEnumerable<OperationCase> Normalizations
    {
        get
        {
            yield return new("layer normalisation", [[3, 2, 13], [13], [13]], x => x[0].LayerNormalization(x[1], x[2], 1e-5f));
            yield return new("layer normalisation of many rows", [[70, 8], [8], [8]], x => x[0].LayerNormalization(x[1], x[2], 1e-2f));
            yield return new("batch mean", [[2, 3, 2, 9]], x => x[0].BatchStatistics().Mean);
            yield return new("batch variance", [[2, 3, 2, 9]], x => x[0].BatchStatistics().Variance);
            yield return new("batch normalisation", [[3, 3, 2, 5], [5], [5]], BatchNormalization);
            yield return new("softmax", [[3, 2, 11]], x => x[0].Softmax());
            yield return new("log-softmax", [[3, 2, 11]], x => x[0].LogSoftmax());
        }
    }

    private static IEnumerable<OperationCase> Others
    {
        get
        {
            foreach (float smoothing in (float[])[0, 0.1f])
            {
                yield return new(
                    $"cross-entropy of distributions, smoothing {smoothing}",
                    [[5, 7], [5, 7]],
                    x => x[0].CrossEntropy(x[1].Softmax(), smoothing));
                yield return new(
                    $"cross-entropy, smoothing {smoothing}",
                    [[5, 7]],
                    x => x[0].CrossEntropy(x[0].Graph.Table([5], [3, -1, 0, 6, -1]), smoothing));
            }

            foreach ((int heads, int width, int valueWidth) in ((int, int, int)[])[(1, 5, 5), (2, 4, 3), (3, 8, 8)])
            {
                Shape q = [2, 6, heads * width];
                Shape k = [2, 9, heads * width];
                Shape v = [2, 9, heads * valueWidth];
                yield return new($"attention of {heads} heads", [q, k, v], x => x[0].Attention(x[1], x[2], heads, 0.7f));
                yield return new(
                    $"attention of {heads} heads with bias",
                    [q, k, v, [heads, 6, 9]],
                    x => x[0].Attention(x[1], x[2], heads, 0.7f, new AttentionBias(Table: x[3])));
            }

            foreach ((int height, int width) in ((int, int)[])[(3, 4), (1, 5), (2, 9)])
            {
                Shape tokens = [2, height * width, 6];
                Shape rows = tokens.With(2, 2 * ((2 * height) - 1));
                Shape columns = tokens.With(2, 2 * ((2 * width) - 1));
                yield return new(
                    $"attention with relative logits over {height}×{width}", [tokens, tokens, tokens, rows, columns],
                    x => x[0].Attention(x[1], x[2], 2, 0.7f, new AttentionBias(RelativeRows: x[3], RelativeColumns: x[4])));
                yield return new(
                    $"attention with every bias over {height}×{width}", [tokens, tokens, tokens, [2, tokens[1], tokens[1]], rows, columns],
                    x => x[0].Attention(x[1], x[2], 2, 0.7f, new AttentionBias(x[3], x[4], x[5], Mask(x[0].Graph, 2, tokens[1]))));
            }

            yield return new(
                "attention with a mask",
                [[6, 3, 4], [6, 11, 4], [6, 11, 2]],
                x => x[0].Attention(x[1], x[2], 2, 0.7f, new AttentionBias(Mask: Mask(x[0].Graph, 3, 11))));

            yield return new("attention of many tokens to themselves", [[1, 67, 8]], x => x[0].Attention(x[0], x[0], 2, 0.5f));
            yield return new("dropout", [[3, 17]], x => x[0].Dropout(0.4f));
            yield return new("drop path", [[6, 2, 3]], x => x[0].DropPath(0.5f));
            foreach ((int samples, bool aligned) in ((int, bool)[])[(0, false), (0, true), (2, false), (3, true)])
            {
                string what = $"{samples} samples, aligned: {aligned}";
                yield return new(
                    $"regions of a map, {what}", [[2, 7, 6, 3]], x => x[0].RoiAlign(Regions(x[0].Graph), 2, 3, 0.5f, samples, aligned));
                yield return new(
                    $"regions of a pyramid, {what}",
                    [[2, 7, 6, 11], [2, 4, 3, 11]],
                    x => x.RoiAlign(
                        Regions(x[0].Graph),
                        x[0].Graph.Table([5], [0, 1, 1, 0, 1]),
                        new RoiAlign(2, 2, [0.5f, 0.25f], samples, aligned)));
            }

            yield return new("an operation from outside", [[7, 5]], x => x[0].Graph.Apply(new Cube(), x[0]));
        }
    }

    /// <summary>A mask that closes another third of the keys in each group.</summary>
    private static Value Mask(ComputeGraph graph, int groups, int keys) =>
        graph.Table([groups, keys], [.. Enumerable.Range(0, groups * keys).Select(i => (i + (i / keys)) % 3 == 0 ? -1e6f : 0)]);

    /// <summary>Regions of a map of half the size: inside, across the border, in the other image, empty, outside.</summary>
    private static Value Regions(ComputeGraph graph) => graph.Table(
        [5, 5],
        [
            0, 1.3f, 2.2f, 9.7f, 11.9f,
            0, -3.4f, -1.7f, 4.1f, 5.3f,
            1, 2.6f, 0.4f, 11.3f, 13.2f,
            -1, 1, 1, 5, 5,
            1, 25, 30, 31, 39,
        ]);

    private static Value BatchNormalization(Value[] x)
    {
        (Value mean, Value variance) = x[0].BatchStatistics();
        return ((x[0] - mean) * (x[1] * (variance + 1e-3f).ReciprocalSqrt())) + x[2];
    }
}
