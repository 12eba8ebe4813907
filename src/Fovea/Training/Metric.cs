namespace Fovea.Training;

/// <summary>A named figure of a training or of an evaluation.</summary>
/// <param name="Name">Name, under which <c>metrics.jsonl</c> keeps the value.</param>
/// <param name="Value">The value.</param>
/// <param name="Tag">Name in TensorBoard; where null, the name followed by <c>/train</c> or <c>/validation</c>.</param>
public sealed record Metric(string Name, double Value, string? Tag = null);
