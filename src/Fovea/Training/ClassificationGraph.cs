using Fovea.Engine.Compile;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Training graphs of networks that classify.</summary>
public static class ClassificationGraph
{
    /// <summary>
    /// Forward and backward: inputs <c>images</c> (N, H, W, 3) and <c>labels</c> (N), outputs <c>logits</c> (N, classes) and <c>loss</c>,
    /// and the gradient of every weight.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="state">Its weights.</param>
    /// <param name="batch">Images in a step.</param>
    /// <param name="height">Rows of the images.</param>
    /// <param name="width">Columns of the images.</param>
    /// <param name="smoothing">Label smoothing ε.</param>
    /// <exception cref="ShapeException">The network does not take images of that size.</exception>
    public static ComputeGraph Training(Network network, ParameterStore state, int batch, int height, int width, float smoothing = 0)
    {
        ComputeGraph graph = new(training: true);
        Value images = graph.Input("images", [batch, height, width, 3]);
        Value labels = graph.Input("labels", [batch], ElementType.Int32);
        Value logits = network.Forward(images);
        Value loss = Loss(network, logits, labels, smoothing);
        graph.Output("logits", logits);
        graph.Output("loss", loss);
        Gradients.Write(loss, state.Weights.Variables);
        return graph;
    }

    /// <summary>Mean cross entropy over the batch; for a network of several classifiers the mean of theirs.</summary>
    /// <param name="network">The network.</param>
    /// <param name="logits">What its Forward gave.</param>
    /// <param name="labels">Classes (N), integers.</param>
    /// <param name="smoothing">Label smoothing ε.</param>
    public static Value Loss(Network network, Value logits, Value labels, float smoothing = 0)
    {
        IReadOnlyList<string> classifiers = network.Head?.Classifiers ?? [];
        Value[] each = classifiers.Count == 0 ? [logits] : [.. classifiers.Select(name => logits.Graph.Marks[name])];
        Value sum = each.Select(one => one.CrossEntropy(labels, smoothing).Mean(0)).Aggregate((left, right) => left + right);
        return each.Length == 1 ? sum : sum * (1f / each.Length);
    }
}
