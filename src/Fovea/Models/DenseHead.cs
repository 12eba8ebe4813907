namespace Fovea.Models;

/// <summary>
/// Base class of heads on the maps of a backbone's stages, such as detectors. A network with such a head leaves the backbone's pooling out.
/// </summary>
/// <param name="classes">Number of classes, at least 1.</param>
/// <exception cref="ArgumentOutOfRangeException">There is no class.</exception>
public abstract class DenseHead(int classes) : Head(classes)
{
    /// <summary>
    /// Names of the outputs of inference, which are marks of the graph; the first is the one that <see cref="Forward"/> gives.
    /// </summary>
    public abstract IReadOnlyList<string> Outputs { get; }

    /// <summary>
    /// Names of the head's parts in the order in which maps pass them, for figures and profiles. Each but the last ends at the mark of its
    /// name.
    /// </summary>
    public virtual IReadOnlyList<string> Parts => [NetworkParts.Head];

    /// <summary>Names of the losses of a training step, in the order in which the head builds them.</summary>
    internal virtual IReadOnlyList<string> LossNames => [];

    /// <summary>Builds inference.</summary>
    /// <param name="images">
    /// Images (N, H, W, 3); smaller ones lie in the upper left corner, with zeros right of them and below.
    /// </param>
    /// <param name="sizes">Rows and columns of each image (N, 2), without what was added to fill the batch.</param>
    /// <param name="maps">Maps (N, H, W, C) of the backbone's stages, in their order.</param>
    /// <returns>The first of <see cref="Outputs"/>; the others are marked.</returns>
    public Value Forward(Value images, Value sizes, IReadOnlyList<Value> maps)
    {
        using (Enter(images.Graph))
        {
            return Build(images, sizes, maps);
        }
    }

    /// <inheritdoc cref="Forward"/>
    protected abstract Value Build(Value images, Value sizes, IReadOnlyList<Value> maps);
}
