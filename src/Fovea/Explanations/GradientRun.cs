using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>Rented plan that computes a layer's map and a score's gradient by it.</summary>
/// <param name="lease">The plan, which is returned with the disposal.</param>
internal readonly struct GradientRun(PlanCache.Lease lease) : IDisposable
{
    private readonly PlanCache.Lease _lease = lease;

    /// <summary>Channels of the map.</summary>
    public int Channels => Shape.Last;

    /// <summary>Rows of the map.</summary>
    public int Height => Shape[1];

    /// <summary>Columns of the map.</summary>
    public int Width => Shape[2];

    /// <summary>Map (H, W, C) of the last run.</summary>
    public ReadOnlySpan<float> Map => _lease.Plan.Output(ExplainedGraph.Map);

    /// <summary>Gradient (H, W, C) of the last run.</summary>
    public ReadOnlySpan<float> Gradient => _lease.Plan.Output(ExplainedGraph.Gradient);

    private Shape Shape => _lease.Plan.Graph.Outputs[ExplainedGraph.Map].Shape;

    /// <summary>Runs the network.</summary>
    /// <param name="image">Prepared values (H, W, C).</param>
    /// <param name="score">Index of the score.</param>
    public void Run(ReadOnlySpan<float> image, int score)
    {
        Plan plan = _lease.Plan;
        image.CopyTo(plan.Input(InferenceGraph.Images));
        plan.IntegerInput(ExplainedGraph.ScoreIndex)[0] = score;
        plan.Run();
    }

    /// <inheritdoc/>
    public void Dispose() => _lease.Dispose();
}
