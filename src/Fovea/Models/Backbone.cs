using Fovea.Layers;

namespace Fovea.Models;

/// <summary>One stage of a backbone, whose feature map dense tasks read.</summary>
/// <param name="Name">Name of the mark that the map has in the graph.</param>
/// <param name="Stride">Pixels of the image between neighbouring positions.</param>
/// <param name="Channels">Channels of the map.</param>
public sealed record StageDescription(string Name, int Stride, int Channels);

/// <summary>
/// Base class of all families: images (N, H, W, 3) to pooled features (N, channels). Its graph marks the stem (<c>stem</c>), the maps of
/// its stages (<see cref="Stages"/>) and the pooled features (<see cref="Pooled"/>), and holds an <see cref="AttentionDescription"/> of
/// each attention.
/// </summary>
/// <remarks>A <see cref="Network"/> is a backbone with a <see cref="Head"/>, or without one.</remarks>
/// <param name="config">Image size, classes and dropout that the family's variants have in common.</param>
public abstract class Backbone(NetworkConfig config) : Module
{
    /// <summary>
    /// Name of the mark of the pooled features: (N, channels), or (N, classes, channels) where each class has a token of its own.
    /// </summary>
    public const string Pooled = "pooled";

    private readonly List<Parameter> _pooling = [];

    /// <summary>Options that the backbone was made from.</summary>
    public NetworkConfig Config { get; } = config;

    /// <summary>Rows of the images that the backbone is made for.</summary>
    public int Height => Config.Height;

    /// <summary>Columns of the images that the backbone is made for.</summary>
    public int Width => Config.Width;

    /// <summary>Image sizes that the backbone takes once it is made, with its position embeddings resized; any size by default.</summary>
    public virtual ImageSizes Sizes => new();

    /// <summary>Stages whose maps the graph marks, in the order in which an image passes them.</summary>
    public abstract IReadOnlyList<StageDescription> Stages { get; }

    /// <summary>Channels of the pooled features.</summary>
    public abstract int Channels { get; }

    /// <summary>
    /// Creates the family's own classifier, with the checkpoint keys of its official code; a <see cref="LinearHead"/> under <c>head</c> by
    /// default.
    /// </summary>
    /// <param name="classes">Number of classes, at least 1.</param>
    public virtual Head CreateHead(int classes) => new LinearHead(Channels, classes, dropout: Config.Dropout);

    /// <summary>Tensors of <see cref="Pool"/>, which dense networks do without.</summary>
    internal IReadOnlyList<Parameter> PoolingParameters => _pooling;

    /// <summary>Builds the stages alone, as dense networks need them.</summary>
    /// <param name="images">Images (N, H, W, 3).</param>
    /// <returns>The maps (N, H, W, C) of <see cref="Stages"/>, in their order.</returns>
    /// <exception cref="ShapeException">The backbone does not take images of the size.</exception>
    public IReadOnlyList<Value> ForwardStages(Value images)
    {
        using (Enter(images.Graph))
        {
            BuildStages(images);
        }

        return [.. Stages.Select(stage => images.Graph.Marks[stage.Name])];
    }

    /// <summary>Registers a part of <see cref="Pool"/> under its checkpoint key; dense networks leave its parameters out.</summary>
    /// <typeparam name="T">Type of the part.</typeparam>
    /// <param name="key">Checkpoint key.</param>
    /// <param name="part">The part.</param>
    /// <returns>The part.</returns>
    protected T AddPooling<T>(string key, T part)
        where T : Module
    {
        _pooling.AddRange(ParameterStore.TensorsOf(part).Values);
        return Add(key, part);
    }

    /// <summary>Registers a parameter of <see cref="Pool"/> under its checkpoint key; dense networks leave it out.</summary>
    /// <param name="key">Checkpoint key.</param>
    /// <param name="parameter">The parameter.</param>
    /// <returns>The parameter.</returns>
    protected Parameter AddPooling(string key, Parameter parameter)
    {
        _pooling.Add(parameter);
        return Add(key, parameter);
    }

    /// <summary>Builds stem and stages, and marks their maps.</summary>
    /// <param name="x">Images (N, H, W, 3).</param>
    /// <returns>The last stage's map (N, H, W, C).</returns>
    /// <exception cref="ShapeException">The backbone does not take images of the size.</exception>
    protected abstract Value BuildStages(Value x);

    /// <summary>Builds the pooling of the last stage's map: the mean by default. Its parts are registered with <c>AddPooling</c>.</summary>
    /// <param name="map">The map (N, H, W, C).</param>
    /// <returns>Pooled features (N, channels).</returns>
    protected virtual Value Pool(Value map) => map.Pool();

    /// <summary>Builds the backbone's graph, and marks stem, stages and pooled features in it.</summary>
    /// <param name="x">Images (N, H, W, 3).</param>
    /// <returns>Pooled features (N, channels).</returns>
    /// <exception cref="ShapeException">The backbone does not take images of the size.</exception>
    protected sealed override Value Build(Value x) => Pool(BuildStages(x)).Mark(Pooled);
}
