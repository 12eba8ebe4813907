namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// The epilogue of a linear operation, applied to its result before that is stored, in this order: add a bias per column, add a residual,
/// apply an activation, multiply by a scale per column, add a shift per column, add a residual. Each part that is present takes one more
/// operand of the node, in the same order.
/// </summary>
/// <param name="Bias">A vector of the last axis is added.</param>
/// <param name="ResidualBefore">A value of the result's shape is added before the activation.</param>
/// <param name="Activation">The activation, null for none.</param>
/// <param name="Scale">Multiplied by a vector of the last axis.</param>
/// <param name="Shift">A vector of the last axis is added.</param>
/// <param name="ResidualAfter">A value of the result's shape is added at the end.</param>
internal sealed record Epilogue(
    bool Bias = false,
    bool ResidualBefore = false,
    UnaryKind? Activation = null,
    bool Scale = false,
    bool Shift = false,
    bool ResidualAfter = false)
{
    /// <summary>Nothing is done.</summary>
    public static Epilogue None { get; } = new();

    /// <summary>The number of operands the epilogue takes.</summary>
    public int Operands => (Bias ? 1 : 0) + (ResidualBefore ? 1 : 0) + (Scale ? 1 : 0) + (Shift ? 1 : 0) + (ResidualAfter ? 1 : 0);

    /// <inheritdoc/>
    public override string ToString() => string.Join(
        " ",
        new[]
        {
            Bias ? "bias" : null,
            ResidualBefore ? "residual" : null,
            Activation?.ToString().ToUpperInvariant(),
            Scale ? "scale" : null,
            Shift ? "shift" : null,
            ResidualAfter ? "residual" : null,
        }.Where(part => part is not null));
}

/// <summary>
/// An operation that is linear in a feature map and in weights: linear layers and convolutions. Operand 0 is the map, operand 1 the
/// weights; operands of the epilogue follow. What is element-wise behind a product is fused into its epilogue by the compiler, after
/// gradients were taken.
/// </summary>
public abstract record LinearOperation : Operation
{
    private protected LinearOperation()
    {
    }

    /// <summary>Work on the result before it is stored; the compiler moves it here.</summary>
    internal Epilogue Epilogue { get; init; } = Epilogue.None;

    /// <summary>The axis of the weights that becomes the last axis of the result; negative counts from the innermost.</summary>
    public abstract int WeightOutputAxis { get; }

    /// <inheritdoc/>
    public override string Name =>
        Epilogue.Operands == 0 && Epilogue.Activation is null ? GetType().Name : $"{GetType().Name} + {Epilogue}";

    /// <inheritdoc/>
    public sealed override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2 + Epilogue.Operands);
        Shape output = InferLinear(inputs[0].Shape, inputs[1].Shape);
        int next = 2;
        RequireOperand(Epilogue.Bias, "bias", [output.Last]);
        RequireOperand(Epilogue.ResidualBefore, "residual", output);
        RequireOperand(Epilogue.Scale, "scale", [output.Last]);
        RequireOperand(Epilogue.Shift, "shift", [output.Last]);
        RequireOperand(Epilogue.ResidualAfter, "residual", output);
        return [new TensorType(output)];

        void RequireOperand(bool present, string name, Shape shape)
        {
            if (present)
            {
                Shape got = inputs[next++].Shape;
                Require(got.Equals(shape), () => $"a {name} {shape} expected, got {got}");
            }
        }
    }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        Epilogue == Epilogue.None
            ? LinearGradient(node, outputGradients[0]!)
            : throw new NotSupportedException($"{Name} at {node.Path}: gradients are taken before operations are fused.");

    /// <summary>The shape rule of the bare product.</summary>
    protected abstract Shape InferLinear(Shape input, Shape weights);

    /// <summary>The gradient rule of the bare product: of the map, then of the weights.</summary>
    protected abstract IReadOnlyList<Value?> LinearGradient(Node node, Value dy);
}
