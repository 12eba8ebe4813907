using Fovea.Engine.Compile;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Training graphs of networks that classify, where there is no <see cref="Model"/>; <see cref="TrainingGraph"/> builds them for any objective.</summary>
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
        Value loss = ClassificationObjective.Loss(network, logits, labels, smoothing);
        graph.Output("logits", logits);
        graph.Output("loss", loss);
        Gradients.Write(loss, state.Weights.Variables);
        return graph;
    }
}
