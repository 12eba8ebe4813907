using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// Moves what is element-wise behind a product into its epilogue, as long as nothing else needs the values between:
/// bias, residual, activation, scale, shift, residual, in this order.
/// </summary>
internal sealed class FuseEpilogues : GraphRewriter
{
    private readonly Dictionary<Node, Chain> _lastNodes = [];
    private readonly HashSet<Node> _absorbed = [];
    private readonly HashSet<Node> _claimed = [];

    /// <inheritdoc/>
    protected override void Prepare()
    {
        foreach (Node node in Source.Nodes)
        {
            if (node.Operation is LinearOperation { Epilogue: var epilogue }
                && epilogue == Epilogue.None
                && Uses.IsNeeded(node)
                && !Uses.IsConstant(node.Outputs[0]))
            {
                Chain chain = Follow(node);
                if (chain.Last != node)
                {
                    _lastNodes.Add(chain.Last, chain);
                    _claimed.Add(chain.Last);
                    _claimed.UnionWith(chain.Between);
                    _absorbed.Add(node);
                    _absorbed.UnionWith(chain.Between);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void Rewrite(Node node)
    {
        if (_lastNodes.TryGetValue(node, out Chain? chain))
        {
            Node product = chain.Product;
            using (Target.EnterPath(product.Path))
            {
                Operation fused = (LinearOperation)product.Operation with { Epilogue = chain.Epilogue };
                Value[] operands = [.. product.Inputs.Select(Mapped), .. chain.Operands.Select(Operand)];
                Map(node.Outputs[0], Target.Apply(fused, operands).Reshape(node.Outputs[0].Shape));
            }
        }
        else if (!_absorbed.Contains(node))
        {
            Copy(node);
        }

        Value Operand((Value Value, bool IsVector) operand) =>
            operand.IsVector
                ? Mapped(operand.Value).Reshape([operand.Value.Shape.Last])
                : Mapped(operand.Value).Reshape(chain!.Product.Outputs[0].Shape);
    }

    private Chain Follow(Node product)
    {
        Value value = product.Outputs[0];
        int channels = value.Shape.Last;

        // The gradient of weights that are used several times need not wait for another part of its sum.
        bool takesResiduals = product.Operation is not MatMul { TransposeLeft: true };
        Epilogue epilogue = Epilogue.None;
        List<(Value, bool)> operands = [];
        List<Node> between = [];
        Node last = product;
        while (Uses.OnlyConsumer(value) is Node next && !_claimed.Contains(next))
        {
            Value? other = next.Operation is Binary ? next.Inputs[next.Inputs[0] == value ? 1 : 0] : null;
            bool isVector = other is not null
                && other.Shape.Elements == channels
                && other.Shape.Last == channels
                && value.Shape.Elements > channels;
            bool isResidual = takesResiduals && other is not null && other.Shape.Equals(value.Shape);
            Epilogue? extended = next.Operation switch
            {
                // A reshape that keeps channels last does not come between a product and what follows it.
                Reshape when next.Outputs[0].Shape.Last == channels => epilogue,
                Binary { Kind: BinaryKind.Add } when isVector && epilogue == Epilogue.None => epilogue with { Bias = true },
                Binary { Kind: BinaryKind.Add } when isVector
                    && !epilogue.Shift
                    && !epilogue.ResidualAfter
                    && (epilogue.Activation is not null || epilogue.Scale) =>
                    epilogue with { Shift = true },
                Binary { Kind: BinaryKind.Multiply } when isVector
                    && epilogue is { Scale: false, Shift: false, ResidualAfter: false } => epilogue with { Scale = true },
                Binary { Kind: BinaryKind.Add } when isResidual && !epilogue.ResidualAfter =>
                    epilogue is { ResidualBefore: false, Activation: null, Scale: false, Shift: false }
                        ? epilogue with { ResidualBefore = true }
                        : epilogue with { ResidualAfter = true },
                Unary { Kind: UnaryKind.Gelu or UnaryKind.Relu or UnaryKind.Silu or UnaryKind.Sigmoid } unary
                    when epilogue is { Activation: null, Scale: false, Shift: false, ResidualAfter: false } =>
                    epilogue with { Activation = unary.Kind },
                _ => null,
            };
            if (extended is null)
            {
                break;
            }

            if (other is not null)
            {
                operands.Add((other, isVector));
            }

            if (last != product)
            {
                between.Add(last);
            }

            epilogue = extended;
            last = next;
            value = next.Outputs[0];
        }

        return new Chain(product, last, between, epilogue, operands);
    }

    private sealed record Chain(
        Node Product, Node Last, List<Node> Between, Epilogue Epilogue, List<(Value Value, bool IsVector)> Operands);
}
