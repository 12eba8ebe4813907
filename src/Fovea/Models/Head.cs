using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// Base class of classifiers on pooled features: (N, channels) to logits (N, classes). Dropout in front of the classifier belongs to it.
/// </summary>
public abstract class Head : Module
{
    /// <summary>Sets the number of classes.</summary>
    /// <param name="classes">Number of classes, at least 1; a network without classes has no head.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no class.</exception>
    protected Head(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        Classes = classes;
    }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>
    /// Marks of the logits of each classifier, where the head has several whose mean it gives; empty for a single one. Training minimises
    /// the mean of their losses.
    /// </summary>
    public virtual IReadOnlyList<string> Classifiers => [];

    /// <summary>
    /// Registers a layer whose outputs are the classes, so that the first axis of its parameters is known to count them
    /// (<see cref="Parameter.ClassAxis"/>): a checkpoint of another number of classes is then recognised.
    /// </summary>
    /// <typeparam name="T">Type of the layer.</typeparam>
    /// <param name="key">Checkpoint key.</param>
    /// <param name="layer">The layer.</param>
    /// <returns>The layer.</returns>
    protected T AddClassifier<T>(string key, T layer)
        where T : Module
    {
        Parameter.CountClasses(layer);
        return Add(key, layer);
    }
}

/// <summary>Linear classifier with dropout in front of it.</summary>
public sealed class LinearHead : Head
{
    private readonly Linear _classifier;
    private readonly int _channels;
    private readonly float _dropout;

    /// <summary>Makes a head.</summary>
    /// <param name="channels">Channels of the pooled features.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="key">Checkpoint key of the linear layer.</param>
    /// <param name="dropout">Probability of dropping a feature in training.</param>
    /// <param name="initializer">Initializer of the weights, as <see cref="Linear"/> takes it.</param>
    public LinearHead(int channels, int classes, string key = "head", float dropout = 0, Initializer? initializer = null)
        : base(classes)
    {
        (_channels, _dropout) = (channels, dropout);
        _classifier = AddClassifier(key, new Linear(channels, classes, initializer: initializer));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => x.Shape.Rank == 2 && x.Shape.Last == _channels
        ? _classifier.Forward(x.Dropout(_dropout))
        : throw new ShapeException($"a linear head of {_channels} channels takes pooled features (N, {_channels}), not {x.Shape}");
}
