using Fovea.Engine.Optimization;

namespace Fovea.Training;

/// <summary>The usual choice of weights that an optimiser lets decay.</summary>
public static class WeightDecay
{
    /// <summary>
    /// The groups of an optimiser that lets only those weights decay to which <see cref="AppliesTo"/> says so; its own decay is theirs.
    /// </summary>
    public static IReadOnlyList<ParameterGroup> Groups { get; } = [new ParameterGroup(variable => !AppliesTo(variable), WeightDecay: 0)];

    /// <summary>
    /// True for weights of layers; false for norms, biases and position embeddings: keys that end with <c>weight</c>, of two or more axes.
    /// </summary>
    public static bool AppliesTo(Variable variable) =>
        variable.Shape.Rank >= 2 && (variable.Name == "weight" || variable.Name.EndsWith(".weight", StringComparison.Ordinal));
}
