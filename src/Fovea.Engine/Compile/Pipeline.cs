using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Graph;

namespace Fovea.Engine.Compile;

/// <summary>The passes, in order.</summary>
public static class Pipeline
{
    /// <summary>Runs all passes.</summary>
    public static ComputeGraph Run(ComputeGraph graph, CostModel costs)
    {
        if (!graph.Training)
        {
            graph = new FoldDepthwiseResidual().Run(new FoldAffineIntoLinear().Run(graph));
        }

        graph = new FusePointwise(costs).Run(new FuseEpilogues().Run(graph));
        return graph.Training ? new RecomputeForBackward(costs).Run(graph) : graph;
    }
}
