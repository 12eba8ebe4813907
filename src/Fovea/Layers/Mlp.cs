namespace Fovea.Layers;

/// <summary>
/// The feed-forward network of a transformer block: (…, C) to a wider layer, GELU, and back (arXiv 2010.11929, section 3.1).
/// </summary>
public sealed class Mlp : Module
{
    private readonly Linear _expand;
    private readonly Linear _project;
    private readonly float _dropout;

    /// <summary>Makes a network.</summary>
    /// <param name="channels">Channels in and out.</param>
    /// <param name="hidden">Channels between.</param>
    /// <param name="initializer">Initializer of the weights of both layers, as <see cref="Linear"/> takes it.</param>
    /// <param name="dropout">Dropout behind the activation and behind the second layer.</param>
    /// <param name="expandKey">Checkpoint key of the first layer.</param>
    /// <param name="projectKey">Checkpoint key of the second layer.</param>
    public Mlp(
        int channels, int hidden, Initializer? initializer = null, float dropout = 0, string expandKey = "fc1", string projectKey = "fc2")
    {
        _expand = Add(expandKey, new Linear(channels, hidden, initializer: initializer));
        _project = Add(projectKey, new Linear(hidden, channels, initializer: initializer));
        _dropout = dropout;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => _project.Forward(_expand.Forward(x).Gelu().Dropout(_dropout)).Dropout(_dropout);
}
