namespace Fovea.Engine.Graph.Operations;

/// <summary>Functions of one element.</summary>
public enum UnaryKind
{
    /// <summary>−x.</summary>
    Negate,

    /// <summary>e^x.</summary>
    Exp,

    /// <summary>Natural logarithm.</summary>
    Log,

    /// <summary>√x.</summary>
    Sqrt,

    /// <summary>1/√x.</summary>
    ReciprocalSqrt,

    /// <summary>x·Φ(x) with the exact normal distribution function (arXiv 1606.08415).</summary>
    Gelu,

    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x·sigmoid(x).</summary>
    Silu,

    /// <summary>1/(1 + e^−x).</summary>
    Sigmoid,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>|x|.</summary>
    Abs,
}

/// <summary>Functions of two elements.</summary>
public enum BinaryKind
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a − b.</summary>
    Subtract,

    /// <summary>a·b.</summary>
    Multiply,

    /// <summary>a / b.</summary>
    Divide,

    /// <summary>The larger.</summary>
    Maximum,

    /// <summary>The smaller.</summary>
    Minimum,

    /// <summary>1 where a = b, else 0; its gradient is 0.</summary>
    Equal,

    /// <summary>1 where a &gt; b, else 0; its gradient is 0.</summary>
    Greater,

    /// <summary>1 where a ≥ b, else 0; its gradient is 0.</summary>
    GreaterOrEqual,
}

/// <summary>A function of each element.</summary>
/// <param name="Kind">The function.</param>
public sealed record Unary(UnaryKind Kind) : Operation
{
    /// <inheritdoc/>
    public override string Name => Kind.ToString();

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value x = node.Inputs[0];
        Value y = node.Outputs[0];
        Value dy = outputGradients[0]!;
        return
        [
            Kind switch
            {
                UnaryKind.Negate => -dy,
                UnaryKind.Exp => dy * y,
                UnaryKind.Log => dy / x,
                UnaryKind.Sqrt => dy * 0.5f / y,
                UnaryKind.ReciprocalSqrt => dy * -0.5f * y * y * y,
                UnaryKind.Gelu or UnaryKind.Silu => dy * x.Graph.Apply(new ActivationDerivative(Kind), x),

                // The result is positive where the operand is, and the next operation needs it anyway: the operand need not stay.
                UnaryKind.Relu => dy * x.Graph.Apply(new ActivationDerivative(Kind), y),
                UnaryKind.Sigmoid => dy * (y - (y * y)),
                UnaryKind.Tanh => dy - (dy * y * y),
                UnaryKind.Abs => dy * x.Sign(),
                _ => throw new NotSupportedException($"{Name} has no gradient."),
            },
        ];
    }
}

/// <summary>The derivative of an activation at each element: a part of its gradient.</summary>
/// <param name="Kind">The activation: GELU, ReLU or SiLU.</param>
internal sealed record ActivationDerivative(UnaryKind Kind) : Operation
{
    /// <inheritdoc/>
    public override string Name => $"{Kind}Derivative";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        return [inputs[0]];
    }
}

/// <summary>A function of two elements, broadcasting.</summary>
/// <param name="Kind">The function.</param>
public sealed record Binary(BinaryKind Kind) : Operation
{
    /// <inheritdoc/>
    public override string Name => Kind.ToString();

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        return [new TensorType(Shape.Broadcast(inputs[0].Shape, inputs[1].Shape))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value a = node.Inputs[0];
        Value b = node.Inputs[1];
        Value dy = outputGradients[0]!;
        (Value? da, Value? db) = Kind switch
        {
            BinaryKind.Add => (dy, dy),
            BinaryKind.Subtract => (dy, -dy),
            BinaryKind.Multiply => (dy * b, dy * a),
            BinaryKind.Divide => (dy / b, -(dy * node.Outputs[0] / b)),
            BinaryKind.Maximum or BinaryKind.Minimum => (dy * a.Equal(node.Outputs[0]), dy * b.Equal(node.Outputs[0])),
            BinaryKind.Equal or BinaryKind.Greater or BinaryKind.GreaterOrEqual => ((Value?)null, (Value?)null),
            _ => throw new NotSupportedException($"{Name} has no gradient."),
        };
        return [da?.SumTo(a.Shape), db?.SumTo(b.Shape)];
    }
}

/// <summary>Repeats a value along axes where its extent is 1 or missing.</summary>
/// <param name="Target">The shape to take.</param>
public sealed record BroadcastTo(Shape Target) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        Require(Shape.Broadcast(inputs[0].Shape, Target).Equals(Target), () => $"{inputs[0].Shape} does not broadcast to {Target}");
        return [inputs[0] with { Shape = Target }];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]!.SumTo(node.Inputs[0].Shape)];
}

/// <summary>Element-wise functions as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>e^x.</summary>
    public static Value Exp(this Value x) => Apply(UnaryKind.Exp, x);

    /// <summary>Natural logarithm.</summary>
    public static Value Log(this Value x) => Apply(UnaryKind.Log, x);

    /// <summary>√x.</summary>
    public static Value Sqrt(this Value x) => Apply(UnaryKind.Sqrt, x);

    /// <summary>1/√x.</summary>
    public static Value ReciprocalSqrt(this Value x) => Apply(UnaryKind.ReciprocalSqrt, x);

    /// <summary>x·Φ(x), exact (erf) form.</summary>
    public static Value Gelu(this Value x) => Apply(UnaryKind.Gelu, x);

    /// <summary>max(x, 0).</summary>
    public static Value Relu(this Value x) => Apply(UnaryKind.Relu, x);

    /// <summary>x·sigmoid(x).</summary>
    public static Value Silu(this Value x) => Apply(UnaryKind.Silu, x);

    /// <summary>1/(1 + e^−x).</summary>
    public static Value Sigmoid(this Value x) => Apply(UnaryKind.Sigmoid, x);

    /// <summary>Hyperbolic tangent.</summary>
    public static Value Tanh(this Value x) => Apply(UnaryKind.Tanh, x);

    /// <summary>The larger of two elements, broadcasting.</summary>
    public static Value Maximum(this Value a, Value b) => a.Graph.Apply(new Binary(BinaryKind.Maximum), a, b);

    /// <summary>The smaller of two elements, broadcasting.</summary>
    public static Value Minimum(this Value a, Value b) => a.Graph.Apply(new Binary(BinaryKind.Minimum), a, b);

    /// <summary>Repeats a value along axes where its extent is 1 or missing.</summary>
    public static Value BroadcastTo(this Value x, Shape shape) => x.Shape.Equals(shape) ? x : x.Graph.Apply(new BroadcastTo(shape), x);

    private static Value Apply(UnaryKind kind, Value x) => x.Graph.Apply(new Unary(kind), x);
}
