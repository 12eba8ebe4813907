namespace Fovea.Onnx.Passes;

/// <summary>Moves the vector that is added to a linear operation with constant weights into it: ONNX's Conv and Gemm take a bias.</summary>
internal sealed class FuseBias : Fusion
{
    private static readonly Epilogue _bias = new(Bias: true);

    /// <inheritdoc/>
    protected override Value? Replace(Node node)
    {
        if (node.Operation is Binary { Kind: BinaryKind.Add }
            && node.Inputs[0].Producer is var linear
            && WithBias(linear) is Operation operation
            && Uses.OnlyConsumer(node.Inputs[0]) is not null
            && IsVector(node.Inputs[1], node.Outputs[0].Shape.Last))
        {
            using (Target.EnterPath(linear.Path))
            {
                return Target.Apply(operation, [.. linear.Inputs.Select(Mapped), Mapped(node.Inputs[1])]);
            }
        }

        return null;
    }

    private Operation? WithBias(Node node) => node.Operation switch
    {
        ChannelMultiplyingConvolution { HasBias: false } convolution => convolution with { HasBias = true },
        LinearOperation linear when linear.Epilogue == Epilogue.None
            && Uses.IsConstant(node.Inputs[1])
            && (linear is not MatMul || node.Inputs[1].Shape.Rank == 2) => linear with { Epilogue = _bias },
        _ => null,
    };
}
