using System.Globalization;

namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Sets random elements to zero and divides the others by the probability of staying. The draw is a function of the plan's seed and step,
/// the stream and the element's index, so it is the same for any number of threads, and the gradient draws it again instead of storing a
/// mask.
/// </summary>
/// <param name="Rate">The probability of becoming zero, from 0 to below 1.</param>
/// <param name="PerSample">One draw for all elements of a sample (drop path, arXiv 1603.09382) instead of one for each element.</param>
/// <param name="Stream">The stream of random numbers.</param>
public sealed record Dropout(float Rate, bool PerSample, int Stream) : Operation
{
    /// <inheritdoc/>
    public override string Details => string.Create(CultureInfo.InvariantCulture, $"rate {Rate}, stream {Stream}");

    /// <inheritdoc/>
    public override string Name => PerSample ? "DropPath" : "Dropout";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        Require(Rate is >= 0 and < 1, () => $"a rate from 0 to below 1 expected, got {Rate}");
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [node.Graph.Apply(this, outputGradients[0]!)];
}

/// <summary>Dropout as methods on values; they do nothing outside training graphs and at rate 0.</summary>
public static partial class ValueExtensions
{
    /// <summary>Zeroes each element with the given probability.</summary>
    public static Value Dropout(this Value x, float rate) => Apply(x, rate, perSample: false);

    /// <summary>Zeroes whole samples (the first axis) with the given probability.</summary>
    public static Value DropPath(this Value x, float rate) => Apply(x, rate, perSample: true);

    private static Value Apply(Value x, float rate, bool perSample) =>
        !x.Graph.Training || rate == 0 ? x : x.Graph.Apply(new Dropout(rate, perSample, x.Graph.NextRandomStream()), x);
}
