namespace Fovea.Layers;

/// <summary>
/// Squeeze and excitation (arXiv 1709.01507): maps (N, H, W, C) whose channels are weighed by what the whole map says about them:
/// x · sigmoid(excite(activation(squeeze(mean(x))))), with two 1×1 convolutions.
/// </summary>
public sealed class SqueezeExcitation : Module
{
    private readonly Conv2d _squeeze;
    private readonly Conv2d _excite;
    private readonly Activation _activation;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="hidden">Channels between.</param>
    /// <param name="squeezeKey">Checkpoint key of the first convolution.</param>
    /// <param name="exciteKey">Checkpoint key of the second convolution.</param>
    /// <param name="activation">Activation between the two layers.</param>
    /// <param name="initializer">Initializer of the weights, as <see cref="Conv2d"/> takes it.</param>
    public SqueezeExcitation(
        int channels,
        int hidden,
        string squeezeKey,
        string exciteKey,
        Activation activation = Activation.Relu,
        Initializer? initializer = null)
    {
        _squeeze = Add(squeezeKey, new Conv2d(channels, hidden, kernel: 1, initializer: initializer));
        _excite = Add(exciteKey, new Conv2d(hidden, channels, kernel: 1, initializer: initializer));
        _activation = activation;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => x * _excite.Forward(_squeeze.Forward(x.Mean(axes: [1, 2])).Activate(_activation)).Sigmoid();
}
