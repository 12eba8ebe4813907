using Fovea.Engine.Compile;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Optimization;

/// <summary>Two linear layers with a loss, whose first weight is longer than one part of the work of an optimiser or a norm.</summary>
internal sealed class TrainedGraph : IDisposable
{
    public TrainedGraph(Action<TrainedGraph>? prepare = null)
    {
        Block = GraphRun.Block(First, Bias, Second, Unused);
        prepare?.Invoke(this);
        Graph = new ComputeGraph(training: true);
        Value hidden = (Graph.Input("x", [4, 130]).MatMul(Graph.Read(First)) + Graph.Read(Bias)).Gelu();
        Value y = hidden.MatMul(Graph.Read(Second));
        Value loss = (y * y).Mean(0, 1).Reshape(Shape.Scalar);
        Graph.Output("loss", loss);
        ForwardNodes = Graph.Nodes.Count;
        Gradients.Write(loss, Block.Variables);
    }

    public Variable First { get; } = new("first.weight", [130, 140], trainable: true);

    public Variable Bias { get; } = new("first.bias", [140], trainable: true);

    public Variable Second { get; } = new("second.weight", [140, 5], trainable: true);

    public Variable Unused { get; } = new("unused", [7], trainable: true);

    public VariableBlock Block { get; }

    public ComputeGraph Graph { get; }

    public int ForwardNodes { get; }

    public static float[] Batch(int number) => GraphRun.Values($"batch {number}", [4, 130]);

    public void Dispose() => Block.Dispose();
}
