using System.Globalization;

namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Each element to a fixed power, computed in double precision. A negative element to a power that is not an integer is not a number.
/// </summary>
/// <param name="Exponent">The power.</param>
public sealed record Power(float Exponent) : Operation
{
    /// <inheritdoc/>
    public override string Details => Exponent.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]! * Exponent * node.Inputs[0].Pow(Exponent - 1)];
}
