using System.Numerics.Tensors;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tasks;

/// <summary>
/// Features of one image or a batch. Those of a batch have the images as their first axis, N; those of one image lack it.
/// </summary>
public sealed class BackboneFeatures
{
    private readonly Tensor<float>? _pooled;

    /// <summary>Collects features.</summary>
    /// <param name="stages">Map of each chosen stage by name: (N, height, width, channels).</param>
    /// <param name="pooled">
    /// Input of the classifier: (N, channels), or (N, classes, channels) where each class has a token of its own; null where it was not
    /// chosen.
    /// </param>
    public BackboneFeatures(IReadOnlyDictionary<string, Tensor<float>> stages, Tensor<float>? pooled) =>
        (Stages, _pooled) = (stages, pooled);

    /// <summary>Map of each chosen stage by name, in the order in which an image passes them: (N, height, width, channels).</summary>
    public IReadOnlyDictionary<string, Tensor<float>> Stages { get; }

    /// <summary>Input of the classifier: (N, channels), or (N, classes, channels) where each class has a token of its own.</summary>
    /// <exception cref="InvalidOperationException">The pooled features are not among those that were chosen.</exception>
    public Tensor<float> Pooled => _pooled
        ?? throw new InvalidOperationException($"The pooled features were not chosen: name '{Backbone.Pooled}' among the stages.");

    /// <summary>Map of a stage: (N, height, width, channels).</summary>
    /// <param name="stage">Name of the stage, such as <c>stage3</c>.</param>
    /// <exception cref="KeyNotFoundException">There is no such stage; the message names those there are.</exception>
    public Tensor<float> this[string stage] => Stages.TryGetValue(stage, out Tensor<float>? map)
        ? map
        : throw new KeyNotFoundException($"There is no stage '{stage}'; there are {string.Join(", ", Stages.Keys)}.");
}

/// <summary>Place of an attention in a network: plain figures, without values of a graph.</summary>
/// <param name="Path">Path of the module that attends, such as <c>blocks_a.0.attn</c>.</param>
/// <param name="Heads">Number of heads.</param>
/// <param name="Tokens">Grids that the queries and keys stand for.</param>
public sealed record AttentionLayout(string Path, int Heads, AttentionTokens Tokens);
