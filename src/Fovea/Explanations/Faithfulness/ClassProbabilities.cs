using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>Probabilities that a classifier gives to prepared images, in runs of a bounded number of images.</summary>
internal sealed class ClassProbabilities : IDisposable
{
    private const string Output = "probabilities";
    private readonly Model _model;
    private readonly int _most;
    private readonly PlanCache _plans;

    /// <summary>Prepares plans of a model, which stays the caller's.</summary>
    /// <param name="model">The model.</param>
    /// <param name="most">Most images in a run.</param>
    /// <param name="pool">Threads to run on; the shared pool where null.</param>
    public ClassProbabilities(Model model, int most, WorkerPool? pool) =>
        (_model, _most, _plans) = (model, most, model.CreatePlans(nameof(Faithfulness), Build, pool));

    /// <summary>Most probable class of an image.</summary>
    /// <param name="image">The image (H, W, C).</param>
    public int Predict(ReadOnlySpan<float> image)
    {
        using PlanCache.Lease lease = _plans.Rent(KeyOf(1));
        ReadOnlySpan<float> all = Run(lease.Plan, image);
        int best = 0;
        for (int i = 1; i < all.Length; i++)
        {
            best = all[i] > all[best] ? i : best;
        }

        return best;
    }

    /// <inheritdoc cref="ClassScores"/>
    public void Score(ReadOnlySpan<float> images, int label, Span<double> scores)
    {
        int length = images.Length / scores.Length;
        int runs = (scores.Length + _most - 1) / _most;
        int each = (scores.Length + runs - 1) / runs;
        for (int start = 0; start < scores.Length; start += each)
        {
            int count = Math.Min(each, scores.Length - start);
            using PlanCache.Lease lease = _plans.Rent(KeyOf(count));
            ReadOnlySpan<float> all = Run(lease.Plan, images.Slice(start * length, count * length));
            for (int i = 0; i < count; i++)
            {
                scores[start + i] = all[(i * _model.Network.Classes) + label];
            }
        }
    }

    /// <summary>Frees the plans.</summary>
    public void Dispose() => _plans.Dispose();

    private PlanKey KeyOf(int batch) => new(batch, _model.Info.Preprocessing.Height, _model.Info.Preprocessing.Width);

    private static ReadOnlySpan<float> Run(Plan plan, ReadOnlySpan<float> images)
    {
        images.CopyTo(plan.Input(InferenceGraph.Images));
        plan.Run();
        return plan.Output(Output);
    }

    private ComputeGraph Build(PlanKey key)
    {
        ComputeGraph graph = new();
        Value images = graph.Input(InferenceGraph.Images, [key.Batch, key.Height, key.Width, _model.Info.Preprocessing.Channels]);
        graph.Output(Output, _model.Network.Forward(images).Softmax());
        return graph;
    }
}
