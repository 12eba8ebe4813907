using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>Plans of a training step, one for each size of the images, that write the same gradients. The latest few are kept.</summary>
internal sealed class StepPlans : IDisposable
{
    private const int Kept = 4;
    private readonly Func<ImageSize?, Plan> _compile;

    // By time of use, the latest last.
    private readonly List<(ImageSize? Window, Plan Plan)> _plans = [];

    /// <summary>
    /// Makes plans; that of a layout whose images have one size is compiled at once, so that a network it does not fit is found here.
    /// </summary>
    /// <param name="model">The model; what is frozen in it now stays as it is.</param>
    /// <param name="objective">The objective.</param>
    /// <param name="layout">The objective's layout.</param>
    /// <param name="options">Batch size, accumulation, seed.</param>
    /// <param name="gradients">Gradients that every plan writes.</param>
    /// <param name="written">Told of each gradient that a run has written; null where nobody asks.</param>
    /// <param name="pool">Threads to run on.</param>
    /// <param name="shards">The other shards of the batch, where batch normalisations take the statistics of all; null for none.</param>
    /// <exception cref="ShapeException">The network does not take images of the size, or does not fit the objective.</exception>
    public StepPlans(
        Model model,
        Objective objective,
        BatchLayout layout,
        TrainingOptions options,
        GradientBlock gradients,
        Action<Variable>? written,
        WorkerPool pool,
        IShardExchange? shards = null)
    {
        _compile = window =>
        {
            ComputeGraph graph = TrainingGraph.Build(model, objective, layout, options.ShardSize, pool, window, shards);
            PlanOptions planning = new()
            {
                Gradients = gradients,
                Accumulate = options.AccumulationSteps > 1,
                GradientWritten = written,
            };
            Plan plan = Plan.Compile(graph, planning, pool);
            plan.Seed = options.Seed;
            return plan;
        };
        if (!layout.HasWindows)
        {
            For(null);
        }
    }

    /// <summary>Bytes of the plans that are kept.</summary>
    public long Bytes => _plans.Sum(entry => entry.Plan.Memory.Total);

    /// <summary>The plan for images of a size.</summary>
    /// <param name="window">Size of the batch's images; null for that of the layout.</param>
    /// <exception cref="ShapeException">The network does not take images of the size.</exception>
    public Plan For(ImageSize? window)
    {
        int index = _plans.FindIndex(entry => entry.Window == window);
        (ImageSize? Window, Plan Plan) found = index < 0 ? (window, _compile(window)) : _plans[index];
        if (index >= 0)
        {
            _plans.RemoveAt(index);
        }
        else if (_plans.Count == Kept)
        {
            _plans[0].Plan.Dispose();
            _plans.RemoveAt(0);
        }

        _plans.Add(found);
        return found.Plan;
    }

    /// <summary>Frees all plans.</summary>
    public void Dispose() => _plans.ForEach(entry => entry.Plan.Dispose());
}
