namespace Fovea.Models;

/// <summary>Inference graphs of networks, and the names of their inputs and outputs.</summary>
public static class InferenceGraph
{
    /// <summary>Name of the input: images (N, H, W, 3).</summary>
    public const string Images = "images";

    /// <summary>
    /// Name of the output of a network with a classifier: (N, classes). A network without a head has the output
    /// <see cref="Backbone.Pooled"/>, one with a <see cref="DenseHead"/> those that it names.
    /// </summary>
    public const string Logits = "logits";

    /// <summary>
    /// Builds inference at the network's own size: input <c>images</c> (N, H, W, 3), output <c>logits</c> (N, classes), <c>pooled</c> (N,
    /// channels), or the outputs of a dense head.
    /// </summary>
    /// <param name="network">A network that is part of a <see cref="Layers.ParameterStore"/>.</param>
    /// <param name="batch">Images in one run.</param>
    public static ComputeGraph Build(Network network, int batch) => Build(network, batch, network.Height, network.Width);

    /// <summary>Builds inference for images of a given size.</summary>
    /// <param name="network">A network that is part of a <see cref="Layers.ParameterStore"/>.</param>
    /// <param name="batch">Images in one run.</param>
    /// <param name="height">Rows of the images.</param>
    /// <param name="width">Columns of the images.</param>
    /// <exception cref="ShapeException">The network does not take images of the size.</exception>
    public static ComputeGraph Build(Network network, int batch, int height, int width)
    {
        ComputeGraph graph = new();
        Value result = network.Forward(graph.Input(Images, [batch, height, width, 3], batchAxis: 0));
        graph.Output(OutputOf(network), result);
        foreach (string further in OutputsOf(network).Skip(1))
        {
            graph.Output(further, graph.Marks[further]);
        }

        return graph;
    }

    /// <summary>Name of the network's first output.</summary>
    public static string OutputOf(Network network) => OutputsOf(network)[0];

    /// <summary>
    /// Names of the outputs of a network: <see cref="Logits"/>, <see cref="Backbone.Pooled"/> without a head, or those of its dense head.
    /// </summary>
    public static IReadOnlyList<string> OutputsOf(Network network) => network.Head switch
    {
        null => [Backbone.Pooled],
        DenseHead dense => dense.Outputs,
        _ => [Logits],
    };
}
