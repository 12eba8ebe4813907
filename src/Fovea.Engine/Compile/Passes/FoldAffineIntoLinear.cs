using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// Moves constant scales and shifts of channels behind a product into its weights and bias: (x·W + b)·s + t = x·(W·s) + (b·s + t).
/// So a batch normalisation behind a convolution vanishes at inference. What the new weights are is itself a part of the graph that
/// depends on weights alone, which the plan computes once.
/// </summary>
internal sealed class FoldAffineIntoLinear : GraphRewriter
{
    private readonly Dictionary<Value, Folded> _folded = [];

    /// <inheritdoc/>
    protected override void Rewrite(Node node)
    {
        if (node.Operation is LinearOperation && Uses.IsConstant(node.Inputs[1]))
        {
            Node copy = Copy(node);
            _folded[node.Outputs[0]] = new Folded(copy, Bias: null);
            return;
        }

        if (node.Operation is Binary binary && Fold(node, binary.Kind) is Folded folded)
        {
            Value product = folded.Product.Outputs[0];
            Map(node.Outputs[0], folded.Bias is null ? product : product + folded.Bias);
            _folded[node.Outputs[0]] = folded;
            return;
        }

        Copy(node);
    }

    private Folded? Fold(Node node, BinaryKind kind)
    {
        (Value map, Value vector) = (node.Inputs[0], node.Inputs[1]);
        if (!_folded.ContainsKey(map) && kind is BinaryKind.Add or BinaryKind.Multiply)
        {
            (map, vector) = (vector, map);
        }

        if (!_folded.TryGetValue(map, out Folded? folded)
            || Uses.OnlyConsumer(map) is null
            || !node.Outputs[0].Shape.Equals(map.Shape)
            || !IsChannelVector(vector, map.Shape.Last))
        {
            return null;
        }

        Value operand = Mapped(vector).Reshape(vector.Shape.Elements == 1 ? Shape.Scalar : [map.Shape.Last]);

        return kind switch
        {
            BinaryKind.Add => folded with { Bias = folded.Bias is null ? Vector(operand, map.Shape.Last) : folded.Bias + operand },
            BinaryKind.Subtract => folded with { Bias = folded.Bias is null ? Vector(-operand, map.Shape.Last) : folded.Bias - operand },
            BinaryKind.Multiply => new Folded(ScaleWeights(folded.Product, operand), folded.Bias is null ? null : folded.Bias * operand),
            _ => null,
        };
    }

    private bool IsChannelVector(Value value, int channels) =>
        Uses.IsConstant(value) && (value.Shape.Elements == 1 || (value.Shape.Elements == channels && value.Shape.Last == channels));

    private static Value Vector(Value operand, int channels) => operand.BroadcastTo([channels]);

    private Node ScaleWeights(Node product, Value scale)
    {
        Value weights = product.Inputs[1];
        int axis = ((LinearOperation)product.Operation).WeightOutputAxis;
        int[] shape = new int[weights.Shape.Rank];
        Array.Fill(shape, 1);
        shape[axis < 0 ? axis + shape.Length : axis] = (int)scale.Shape.Elements;
        using (Target.EnterPath(product.Path))
        {
            return Target.Add(product.Operation, product.Inputs[0], weights * scale.Reshape(Shape.Create(shape)));
        }
    }

    private sealed record Folded(Node Product, Value? Bias);
}
