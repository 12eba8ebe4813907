namespace Fovea.Layers;

/// <summary>
/// Linear layer of one output for each class, which reads that class's own token: (N, K, C) to logits (N, K). Checkpoint keys
/// <c>c.weight</c> (1, C) and <c>c.bias</c> (1) for each class c.
/// </summary>
internal sealed class ClassLinear : Module
{
    private readonly (Parameter Weight, Parameter Bias)[] _classes;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">Channels of a token.</param>
    /// <param name="classes">Number of classes.</param>
    public ClassLinear(int channels, int classes) =>
        _classes =
        [
            .. Enumerable.Range(0, classes).Select(i => (
                Add($"{i}.weight", new Parameter([1, channels], Initializer.TruncatedNormal(0.02)) { OfOneClass = true }),
                Add($"{i}.bias", new Parameter([1], Initializer.Zeros) { OfOneClass = true }))),
        ];

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        ComputeGraph graph = x.Graph;
        Value weights = _classes.Select(one => graph.Read(one.Weight)).ToArray().Concat(0);
        Value biases = _classes.Select(one => graph.Read(one.Bias)).ToArray().Concat(0);

        // One product (N, C)·(C, 1) for each class.
        Value logits = x.Permute(1, 0, 2).MatMul(weights.Reshape([_classes.Length, 1, x.Shape.Last]), transposeRight: true);
        return logits.Reshape([_classes.Length, x.Shape[0]]).Permute(1, 0) + biases;
    }
}
