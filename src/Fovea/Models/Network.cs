using Fovea.Layers;

namespace Fovea.Models;

/// <summary>
/// A backbone with a head, or without one: images (N, H, W, 3) to logits (N, classes), or to pooled features (N, channels); with a
/// <see cref="DenseHead"/>, to what that gives. Both parts stand under the empty key, so that checkpoint keys are those of the official
/// code.
/// </summary>
public sealed class Network : Module
{
    /// <summary>Makes a network with the family's own head for as many classes as its config says; without one where that is 0.</summary>
    /// <param name="backbone">The backbone.</param>
    public Network(Backbone backbone)
        : this(backbone, backbone.Config.Classes == 0 ? null : backbone.CreateHead(backbone.Config.Classes))
    {
    }

    /// <summary>Makes a network with a given head.</summary>
    /// <param name="backbone">The backbone.</param>
    /// <param name="head">The head; null for a network that gives pooled features.</param>
    public Network(Backbone backbone, Head? head)
    {
        Backbone = Add("", backbone);
        Head = head is null ? null : Add("", head);
        foreach (Parameter parameter in backbone.PoolingParameters)
        {
            parameter.IsLeftOut = head is DenseHead;
        }
    }

    /// <summary>Part that gives the stages' maps and the pooled features.</summary>
    public Backbone Backbone { get; }

    /// <summary>Classifier or dense head; null where the network gives pooled features.</summary>
    public Head? Head { get; }

    /// <summary>Rows of the images that the network is made for.</summary>
    public int Height => Backbone.Height;

    /// <summary>Columns of the images that the network is made for.</summary>
    public int Width => Backbone.Width;

    /// <summary>Image sizes that the network takes once it is made.</summary>
    public ImageSizes Sizes => Backbone.Sizes;

    /// <summary>Stages whose maps the graph marks, in the order in which an image passes them.</summary>
    public IReadOnlyList<StageDescription> Stages => Backbone.Stages;

    /// <summary>Number of classes; 0 without a head.</summary>
    public int Classes => Head?.Classes ?? 0;

    /// <summary>Checkpoint keys of the head's tensors; empty without a head.</summary>
    public IReadOnlyList<string> HeadKeys => Head is null ? [] : [.. ParameterStore.TensorsOf(Head).Keys];

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        if (Head is DenseHead dense)
        {
            // Without further word, images fill the batch.
            int batch = x.Shape[0];
            float[] sizes = [.. Enumerable.Repeat(new float[] { x.Shape[1], x.Shape[2] }, batch).SelectMany(size => size)];
            return dense.Forward(x, x.Graph.Table([batch, 2], sizes), Backbone.ForwardStages(x));
        }

        Value pooled = Backbone.Forward(x);
        return Head is null ? pooled : Head.Forward(pooled);
    }
}
