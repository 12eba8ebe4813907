using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// Moves the shortcut around a depthwise convolution into its weights: the map under the middle tap, with a weight of one, is the map
/// itself, x∗w + b + x = x∗(w + δ) + b. So the map is not read again where its shortcut ends.
/// </summary>
internal sealed class FoldDepthwiseResidual : GraphRewriter
{
    /// <inheritdoc/>
    protected override void Rewrite(Node node)
    {
        if (node.Operation is Binary { Kind: BinaryKind.Add } && (Around(node, 0) ?? Around(node, 1)) is var (product, bias))
        {
            using (Target.EnterPath(product.Path))
            {
                Value sum = Target.Apply(product.Operation, Mapped(product.Inputs[0]), WithMiddle(Mapped(product.Inputs[1])));
                Map(node.Outputs[0], bias is null ? sum : sum + Mapped(bias));
            }
        }
        else
        {
            Copy(node);
        }
    }

    // The convolution, and the bias behind it, whose result an addition adds to the convolution's own map.
    private (Node Product, Value? Bias)? Around(Node addition, int operand)
    {
        (Value value, Value map) = (addition.Inputs[operand], addition.Inputs[1 - operand]);
        Value? bias = null;
        if (value.Producer.Operation is Binary { Kind: BinaryKind.Add } && Uses.OnlyConsumer(value) is not null)
        {
            Node sum = value.Producer;
            int other = Uses.IsConstant(sum.Inputs[0]) ? 0 : 1;
            (value, bias) = (sum.Inputs[1 - other], sum.Inputs[other]);
            if (!Uses.IsConstant(bias))
            {
                return null;
            }
        }

        Node product = value.Producer;
        return product.Operation is DepthwiseConvolution { WindowSpec: var window, Epilogue: var epilogue }
            && epilogue == Epilogue.None
            && window.Stride == 1
            && window.Kernel % 2 == 1
            && window.Padding == window.Kernel / 2 * window.Dilation
            && product.Inputs[0] == map
            && Uses.IsConstant(product.Inputs[1])
            && !Uses.IsConstant(map)
            && Uses.OnlyConsumer(value) is not null
            ? (product, bias)
            : null;
    }

    private Value WithMiddle(Value weights)
    {
        int kernel = weights.Shape[0];
        int before = kernel / 2;
        return weights + Target.Filled([1, 1, weights.Shape.Last], 1).Pad(0, before, before).Pad(1, before, before);
    }
}
