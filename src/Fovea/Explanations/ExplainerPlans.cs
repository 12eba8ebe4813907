using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>Runs a network for explanations: its scores, the weights of an attention, a score's gradient by a layer's map.</summary>
internal sealed class ExplainerPlans : IDisposable
{
    private const string Scores = "scores";
    private const string Weights = "weights ";
    private const string Gradient = "gradient ";
    private const string Path = "path";
    private const string WeightedPath = "weighted path";
    private readonly TargetScores _scores;
    private readonly PlanCache _plans;

    /// <summary>Makes plans for a model, compiled when they are first needed.</summary>
    /// <param name="model">A model with a head.</param>
    /// <param name="scores">Its scores.</param>
    /// <param name="threads">Threads of all plans; a share of the processors for each caller where null.</param>
    /// <param name="concurrency">Number of callers at the same time.</param>
    public ExplainerPlans(Model model, TargetScores scores, WorkerPool? threads, int concurrency) =>
        (_scores, _plans) = (scores, model.CreatePlans(nameof(Explainer), Build, threads, concurrency));

    /// <summary>Throws if the plans were disposed of.</summary>
    /// <exception cref="ObjectDisposedException">They were.</exception>
    public void ThrowIfClosed() => _plans.ThrowIfClosed();

    /// <summary>Computes the scores (N, classes) of prepared images that may be blank in part.</summary>
    /// <param name="images">Values (N, H, W, C).</param>
    /// <param name="size">Rows and columns of an image.</param>
    /// <param name="target">Place of the answer; null for a classifier.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    public float[] ScoresOf(
        ReadOnlySpan<float> images, (int Height, int Width) size, Target? target, CancellationToken cancellation)
    {
        int batch = images.Length / (3 * size.Height * size.Width);
        using PlanCache.Lease lease = _plans.Rent(new PlanKey(batch, size.Height, size.Width, Scores), cancellation);
        images.CopyTo(lease.Plan.Input(InferenceGraph.Images));
        target?.WriteOccluded(lease.Plan);
        lease.Plan.Run();
        return lease.Plan.Output(ExplainedGraph.Scores).ToArray();
    }

    /// <summary>Computes the weights (groups, heads, queries, keys) of an attention.</summary>
    /// <param name="input">The image.</param>
    /// <param name="layer">Name of the attention.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    public float[] WeightsOf(ExplainedInput input, string layer, CancellationToken cancellation)
    {
        using PlanCache.Lease lease = Rent(input, Weights + layer, cancellation);
        input.Values.CopyTo(lease.Plan.Input(InferenceGraph.Images));
        lease.Plan.Run();
        return lease.Plan.Output(ExplainedGraph.Weights).ToArray();
    }

    /// <summary>Rents a plan that computes a layer's map and a score's gradient by it.</summary>
    /// <param name="input">The image.</param>
    /// <param name="layer">Name of the layer; that of the input for the image itself.</param>
    /// <param name="target">Place of the answer.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    public GradientRun RentGradient(ExplainedInput input, string layer, Target target, CancellationToken cancellation)
    {
        PlanCache.Lease lease = Rent(input, Gradient + layer, cancellation);
        target.Write(lease.Plan);
        return new GradientRun(lease);
    }

    /// <summary>Computes the share that each token in front of the first attention of a token path has in a class token.</summary>
    /// <param name="input">The image.</param>
    /// <param name="path">The token path of the network.</param>
    /// <param name="score">Index of the score whose gradients weight attention; null for attention as it is.</param>
    /// <param name="token">The class token.</param>
    /// <param name="cancellation">Gives up waiting for other callers.</param>
    public double[] RollOut(ExplainedInput input, TokenPath path, int? score, int token, CancellationToken cancellation)
    {
        using PlanCache.Lease lease = Rent(input, score is null ? Path : WeightedPath, cancellation);
        Plan plan = lease.Plan;
        input.Values.CopyTo(plan.Input(InferenceGraph.Images));
        if (score is int index)
        {
            plan.IntegerInput(ExplainedGraph.ScoreIndex)[0] = index;
        }

        plan.Run();
        return path.RollOut(i => plan.Output($"{i}"), score is not null, token);
    }

    /// <summary>Frees the plans, once runs that are under way have ended.</summary>
    public void Dispose() => _plans.Dispose();

    private PlanCache.Lease Rent(ExplainedInput input, string outputs, CancellationToken cancellation) =>
        _plans.Rent(new PlanKey(1, input.Height, input.Width, outputs), cancellation);

    private ComputeGraph Build(PlanKey key)
    {
        ExplainedGraph graph = new(key.Outputs == Scores ? _scores.BuildOccluded : _scores.Build, key);
        switch (key.Outputs)
        {
            case Scores:
                graph.OutputScores();
                break;
            case Path or WeightedPath:
                int attentions = TokenPath.Find(graph)!.Attentions.Count;
                graph.OutputMeans([.. graph.Attentions.TakeLast(attentions)], weighted: key.Outputs == WeightedPath);
                break;
            case string outputs when outputs.StartsWith(Weights, StringComparison.Ordinal):
                graph.OutputWeights(outputs[Weights.Length..]);
                break;
            case string outputs:
                graph.OutputGradient(outputs[Gradient.Length..]);
                break;
        }

        return graph.Graph;
    }
}
