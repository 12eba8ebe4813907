using Fovea.Layers;

namespace Fovea.Models;

/// <summary>The map that a stage of a network gives to dense tasks.</summary>
/// <param name="Name">The name under which the graph marks it.</param>
/// <param name="Stride">Pixels of the picture between neighbouring positions.</param>
/// <param name="Channels">Channels.</param>
public sealed record StageDescription(string Name, int Stride, int Channels);

/// <summary>A network that classifies pictures: (N, H, W, 3) to logits (N, classes). Its graph marks the maps of its stages.</summary>
/// <param name="height">Rows of the pictures it is made for.</param>
/// <param name="width">Columns of the pictures it is made for.</param>
/// <param name="classes">Number of classes.</param>
public abstract class Network(int height, int width, int classes) : Module
{
    /// <summary>Rows of the pictures it is made for.</summary>
    public int Height { get; } = height;

    /// <summary>Columns of the pictures it is made for.</summary>
    public int Width { get; } = width;

    /// <summary>Number of classes.</summary>
    public int Classes { get; } = classes;

    /// <summary>The stages whose maps the graph marks.</summary>
    public abstract IReadOnlyList<StageDescription> Stages { get; }
}
