using System.Diagnostics;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Graph;

namespace Fovea.Engine.Compile;

/// <summary>
/// The passes that rewrite a graph before it is planned, in order. An inference graph has its normalisations folded into weights; a
/// training graph has factors of channels gathered, gradients of early losses computed early, long sums added up as their terms are
/// computed, and what is cheap to compute again recomputed by the backward pass.
/// </summary>
public static class Pipeline
{
    private static readonly Pass[] _inference =
    [
        new("fold-affine-into-linear", (graph, _) => new FoldAffineIntoLinear().Run(graph)),
        new("fold-depthwise-residual", (graph, _) => new FoldDepthwiseResidual().Run(graph)),
        new("fuse-epilogues", (graph, _) => new FuseEpilogues().Run(graph)),
        new("fuse-pointwise", (graph, costs) => new FusePointwise(costs).Run(graph)),
    ];

    private static readonly Pass[] _training =
    [
        new("gather-channel-factors", (graph, _) => new GatherChannelFactors().Run(graph)),
        new("fuse-epilogues", (graph, _) => new FuseEpilogues().Run(graph)),
        new("fuse-pointwise", (graph, costs) => new FusePointwise(costs).Run(graph)),
        new("hoist-early-backward", (graph, costs) => new HoistEarlyBackward(costs).Run(graph)),
        new("add-up-in-order", (graph, costs) => new AddUpInOrder(costs).Run(graph)),
        new("recompute-for-backward", (graph, costs) => new RecomputeForBackward(costs).Run(graph)),
    ];

    /// <summary>The names of the passes in the order in which they run.</summary>
    /// <param name="training">True for the passes of training graphs.</param>
    public static IReadOnlyList<string> Names(bool training) => Array.ConvertAll(Passes(training), pass => pass.Name);

    /// <summary>Runs the passes on a graph.</summary>
    /// <param name="graph">The graph as it was built; it stays as it is.</param>
    /// <param name="costs">The figures of the device that the graph is planned for.</param>
    /// <param name="last">Name of the pass to stop after; all run where none is given.</param>
    /// <returns>The rewritten graph.</returns>
    /// <exception cref="ArgumentException">No pass of the graph's kind has the name.</exception>
    public static ComputeGraph Run(ComputeGraph graph, CostModel costs, string? last = null)
    {
        Pass[] passes = Passes(graph.Training);
        int count = last is null ? passes.Length : 1 + Array.FindIndex(passes, pass => pass.Name == last);
        if (count == 0)
        {
            string kind = graph.Training ? "a training graph" : "an inference graph";
            throw new ArgumentException(
                $"No pass of {kind} is named '{last}'; there are {string.Join(", ", Names(graph.Training))}.", nameof(last));
        }

        foreach (Pass pass in passes.AsSpan(0, count))
        {
            graph = pass.Run(graph, costs);
            Verify(graph, pass);
        }

        return graph;
    }

    /// <summary>The passes in the order in which they run.</summary>
    internal static Pass[] Passes(bool training) => training ? _training : _inference;

    [Conditional("DEBUG")]
    private static void Verify(ComputeGraph graph, Pass pass) => GraphVerifier.Check(graph, pass.Name);
}

/// <summary>A named step of the <see cref="Pipeline"/>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Run">Makes the new graph of the old one.</param>
internal sealed record Pass(string Name, Func<ComputeGraph, CostModel, ComputeGraph> Run);
