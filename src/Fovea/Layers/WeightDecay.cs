namespace Fovea.Layers;

/// <summary>Which weights an optimiser lets decay.</summary>
public static class WeightDecay
{
    /// <summary>True for weights of layers; false for norms, biases and position embeddings: keys that end with <c>weight</c>, of two or more axes.</summary>
    public static bool AppliesTo(Variable variable) =>
        variable.Shape.Rank >= 2 && (variable.Name == "weight" || variable.Name.EndsWith(".weight", StringComparison.Ordinal));
}
