using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// Moves arithmetic from the elements of a map to vectors of one number for each channel, where it costs nothing. A normalisation,
/// (x − m)·s + b, is one multiply-add, x·s + (b − m·s); so is its gradient with respect to the map. And factors of channels leave sums over
/// all other axes: Σ(x·s) = s·Σx, so that sums which differ in such factors alone are one sum.
/// </summary>
internal sealed class GatherChannelFactors : GraphRewriter
{
    /// <inheritdoc/>
    protected override void Rewrite(Node node)
    {
        if (node.Operation is Binary { Kind: BinaryKind.Add } && (AsMultiplyAdd(node, 0) ?? AsMultiplyAdd(node, 1)) is Value sum)
        {
            Map(node.Outputs[0], sum);
        }
        else if (IsSumOfChannels(node))
        {
            Map(node.Outputs[0], SumOf(node.Inputs[0], (Reduction)node.Operation));
        }
        else
        {
            Copy(node);
        }
    }

    private static bool IsSumOfChannels(Node node) =>
        node.Operation is Reduction { Kind: ReductionKind.Sum, FirstAxis: 0 } sum && sum.Axes == node.Inputs[0].Shape.Rank - 1;

    private static bool IsVector(Value value, Shape map) =>
        value.Shape.Elements == map.Last && value.Shape.Last == map.Last && map.Elements > map.Last;

    private Value? AsMultiplyAdd(Node addition, int operand)
    {
        (Value product, Value shift) = (addition.Inputs[operand], addition.Inputs[1 - operand]);
        Shape map = product.Shape;
        if (!IsVector(shift, map)
            || Uses.OnlyConsumer(product) is null
            || product.Producer is not { Operation: Binary { Kind: BinaryKind.Multiply } } multiplication)
        {
            return null;
        }

        int factor = IsVector(multiplication.Inputs[0], map) ? 0 : 1;
        (Value scale, Value difference) = (multiplication.Inputs[factor], multiplication.Inputs[1 - factor]);
        if (!IsVector(scale, map)
            || difference.Producer is not { Operation: Binary { Kind: BinaryKind.Subtract } } subtraction
            || !subtraction.Inputs[0].Shape.Equals(map)
            || !IsVector(subtraction.Inputs[1], map))
        {
            return null;
        }

        Value newScale = Mapped(scale);
        return (Mapped(subtraction.Inputs[0]) * newScale) + (Mapped(shift) - (Mapped(subtraction.Inputs[1]) * newScale));
    }

    private Value SumOf(Value map, Reduction sum)
    {
        Node node = map.Producer;
        switch (node.Operation)
        {
            case Unary { Kind: UnaryKind.Negate }:
                return -SumOf(node.Inputs[0], sum);
            case Binary { Kind: BinaryKind.Multiply }:
                int factor = IsVector(node.Inputs[0], map.Shape) ? 0 : 1;
                (Value vector, Value rest) = (node.Inputs[factor], node.Inputs[1 - factor]);
                return IsVector(vector, map.Shape) && rest.Shape.Equals(map.Shape)
                    ? SumOf(rest, sum) * Mapped(vector)
                    : Target.Apply(sum, Mapped(map));
            default:
                return Target.Apply(sum, Mapped(map));
        }
    }
}
