using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Models;

namespace Fovea.Explanations;

/// <summary>
/// Scores of a segmentation network: the sum of a class's logits over the pixels that are predicted as it, or the logits of one pixel.
/// Pixels are those of the logits' map, which is as fine as the network's finest map.
/// </summary>
internal sealed class PixelScores : TargetScores
{
    private const string ChosenName = "chosen";
    private readonly PlanCache _plans;

    /// <summary>Makes the scores of a segmentation network.</summary>
    /// <param name="model">A model with a segmentation head.</param>
    /// <param name="threads">Threads of all plans; a share of the processors for each caller where null.</param>
    /// <param name="concurrency">Number of callers at the same time.</param>
    public PixelScores(Model model, WorkerPool? threads, int concurrency)
        : base(model) => _plans = model.CreatePlans(
            nameof(Explainer), key => InferenceGraph.Build(model.Network, key.Batch, key.Height, key.Width), threads, concurrency);

    /// <inheritdoc/>
    public override Value Build(Value images)
    {
        Value logits = Model.Network.Forward(images);
        Shape shape = logits.Shape;
        Value chosen = images.Graph.Input(ChosenName, [1, shape[1], shape[2], shape[3]]);
        return (logits * chosen).Sum(1, 2).Reshape([shape[0], shape[3]]);
    }

    /// <inheritdoc/>
    public override Target Find(
        Image image,
        ExplainedInput input,
        ExplanationOptions options,
        ExplainedNetwork network,
        ExplainerPlans plans,
        CancellationToken cancellation)
    {
        PixelPredictions predictions = Predict(input, cancellation);
        int[] named = Named(options);
        if (options.At is ImagePoint at)
        {
            int pixel = predictions.PixelOf(at, input);
            return TargetOf(named.Length > 0 ? named : [predictions.Classes[pixel]], predictions.OnePixel(pixel)) with { Pixel = at };
        }

        int[] classes = named.Length > 0 ? named : [predictions.MostFrequent];
        if (classes.FirstOrDefault(index => !predictions.Classes.Contains(index), -1) is int missing and >= 0)
        {
            throw ExplanationChecks.NoRegion(
                Model.Info.Classes[missing], [.. predictions.Present.Select(index => Model.Info.Classes[index])]);
        }

        return TargetOf(classes, predictions.RegionOfEach());
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _plans.Dispose();
    }

    private static Target TargetOf(int[] classes, float[] chosen) => new(classes)
    {
        Write = plan => chosen.CopyTo(plan.Input(ChosenName)),
        WriteOccluded = plan => chosen.CopyTo(plan.Input(ChosenName)),
    };

    private PixelPredictions Predict(ExplainedInput input, CancellationToken cancellation)
    {
        using PlanCache.Lease lease = _plans.Rent(new PlanKey(1, input.Height, input.Width), cancellation);
        input.Values.CopyTo(lease.Plan.Input(InferenceGraph.Images));
        lease.Plan.Run();
        Shape shape = lease.Plan.Graph.Outputs[InferenceGraph.Logits].Shape;
        return new PixelPredictions(lease.Plan.Output(InferenceGraph.Logits), (shape[1], shape[2], shape[3]), input);
    }
}
