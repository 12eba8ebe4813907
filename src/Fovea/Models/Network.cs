using Fovea.Layers;

namespace Fovea.Models;

/// <summary>The map that a stage of a network gives to dense tasks.</summary>
/// <param name="Name">The name under which the graph marks it.</param>
/// <param name="Stride">Pixels of the image between neighbouring positions.</param>
/// <param name="Channels">Channels.</param>
public sealed record StageDescription(string Name, int Stride, int Channels);

/// <summary>
/// A network that classifies images: (N, H, W, 3) to logits (N, classes). Its graph marks the maps of its stages and the features in front of the
/// classifier (<see cref="Features"/>), and holds an <see cref="AttentionDescription"/> of each attention.
/// </summary>
/// <param name="config">Size of the images it is made for, classes.</param>
public abstract class Network(NetworkConfig config) : Module
{
    /// <summary>The mark of the pooled features that the classifier reads: (N, channels), or (N, classes, channels) where each class has a token of its own.</summary>
    public const string Features = "pooled";

    /// <summary>Rows of the images it is made for.</summary>
    public int Height { get; } = config.Height;

    /// <summary>Columns of the images it is made for.</summary>
    public int Width { get; } = config.Width;

    /// <summary>Number of classes.</summary>
    public int Classes { get; } = config.Classes;

    /// <summary>The sizes of images that the network can take, once made; position tables are carried along.</summary>
    public abstract ImageSizes Sizes { get; }

    /// <summary>The stages whose maps the graph marks.</summary>
    public abstract IReadOnlyList<StageDescription> Stages { get; }

    /// <summary>The marks of the logits of each classifier, where the network has several; its logits are their mean. Training takes the mean of their losses.</summary>
    public virtual IReadOnlyList<string> Classifiers => [];
}
