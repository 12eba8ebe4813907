using Fovea.Engine.Compile;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Tests.Compile;

public sealed class NodeMemoryTests
{
    private const int Channels = 32;
    private const long MapBytes = 8 * 8 * Channels * sizeof(float);
    private const long ColumnBytes = Channels * sizeof(float);

    [Fact]
    public void A_result_is_let_go_while_another_of_the_same_node_is_still_needed()
    {
        ComputeGraph graph = new(training: true);
        Value map = Product(graph.Input("x", [8, 8, Channels])).Relu();
        Value columns = map.Sum(0, 1);
        for (int i = 0; i < 3; i++)
        {
            map = Product(map);
        }

        graph.Output("y", map.Sum(0, 1) + columns);
        ComputeGraph fused = new FusePointwise(new CostModel()).Run(graph);

        Assert.Contains(fused.Nodes, node => node.Operation is PointwiseChain && node.Outputs.Length == 2);
        Assert.Equal((2 * MapBytes) + ColumnBytes, new NodeMemory(fused, new UseInfo(fused)).PeakOf(fused.Nodes).Bytes);
    }

    private static Value Product(Value map) => map.MatMul(map.Graph.Input($"{map.Graph.Nodes.Count}", [Channels, Channels]));
}
