namespace Fovea.Onnx;

/// <summary>What one or a few nodes of ONNX will compute: a node of the graph, possibly with what it absorbs from its neighbours.</summary>
/// <param name="Operation">What is computed: a node's own operation, or one of those below.</param>
/// <param name="Node">The node that gives the step its name.</param>
/// <param name="Reads">The operands; a product may have a third, its bias.</param>
/// <param name="Results">The results.</param>
internal sealed record ExportStep(Operation Operation, Node Node, IReadOnlyList<Value> Reads, IReadOnlyList<Value> Results)
{
    /// <summary>The first result, for most steps the only one.</summary>
    public Value Result => Results[0];
}

/// <summary>x · scale + shift, both vectors of channels: what is left of a batch normalisation that folds into nothing.</summary>
internal sealed record ScaleAndShift : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];
}

/// <summary>A value cut into parts along one axis.</summary>
/// <param name="Axis">The axis.</param>
internal sealed record SplitIntoParts(int Axis) : Operation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => throw new OnnxExportException("Stands in no graph.");
}
