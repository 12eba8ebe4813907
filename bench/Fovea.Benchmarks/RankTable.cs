using System.Diagnostics;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Benchmarks;

/// <summary>
/// What training on several ranks costs: the sum of a model's gradients by itself, a step by itself, and both, where the sum is hidden
/// behind the backward pass. Started by mpirun.
/// </summary>
internal static class RankTable
{
    private const int Rounds = 5;

    /// <summary>Measures on all ranks together and prints on the first.</summary>
    /// <param name="model">The model's registered name.</param>
    /// <param name="batch">Images of a step on each rank; 0 to measure the sum alone.</param>
    public static void Print(string model, int batch)
    {
        using MpiCollective ranks = MpiCollective.Start((rank, _, message) => Console.Error.WriteLine($"rank {rank}: {message}"));
        using Model network = Model.Create(model);
        float[] gradients = new float[network.Parameters.Weights.Length];
        double sum = Median(ranks, () => ranks.AllReduce(gradients));
        Say(ranks, $"{model}: {gradients.Length * 4.0 / 1e6:F1} MB of gradients, {ranks.Size} ranks");
        Say(ranks, $"sum alone            {sum,8:F1} ms  {gradients.Length * 4.0 / 1e6 / sum,6:F2} GB/s");
        if (batch == 0)
        {
            return;
        }

        double alone = Step(network, ranks, new TrainingOptions { BatchSize = batch }, null);
        int size = ranks.Size;
        double together = Step(network, ranks, new TrainingOptions { BatchSize = batch * size, Shards = size }, ranks);
        SayWhenWritten(network, ranks, batch);
        Say(ranks, $"step alone           {alone,8:F1} ms  {1000 * size * batch / alone,6:F1} images/s");
        Say(ranks, $"step with the sum    {together,8:F1} ms  {1000 * size * batch / together,6:F1} images/s");
        Say(ranks, $"hidden of the sum    {100 * (1 - ((together - alone) / sum)),8:F0} %");
    }

    private static double Step(Model model, MpiCollective ranks, TrainingOptions options, MpiCollective? sharing)
    {
        using WorkerPool pool = new();
        using TrainingStep step =
            new(model, new ClassificationObjective(), new LabelLayout(model.Info.Preprocessing), options, pool, sharing);
        int part = step.Share.First;
        Batch batch = new(options.BatchSize / options.Shards, new LabelLayout(model.Info.Preprocessing).Fields)
        {
            Count = options.BatchSize / options.Shards,
        };
        batch.Labels.AsSpan().Clear();
        KeyedRandom random = new(1, (ulong)ranks.Rank);
        foreach (ref float value in batch.Images.AsSpan())
        {
            value = (float)random.NextNormal();
        }

        return Median(ranks, () => step.Run(batch, 0, part, 1e-9, new double[1]));
    }

    /// <summary>Tells at which part of a step how much of the block of gradients, from its end on, is written.</summary>
    private static void SayWhenWritten(Model model, MpiCollective ranks, int batch)
    {
        using WorkerPool pool = new();
        using GradientBlock gradients = new(model.Parameters.Trained);
        Dictionary<Variable, double> times = [];
        Stopwatch clock = new();
        PlanOptions options = new()
        {
            Gradients = gradients,
            GradientWritten = variable => times[variable] = clock.Elapsed.TotalSeconds,
        };
        LabelLayout layout = new(model.Info.Preprocessing);
        ClassificationObjective objective = new();
        using Plan plan = Plan.Compile(TrainingGraph.Build(model, objective, layout, batch, pool), options, pool);
        plan.Run();
        clock.Restart();
        plan.Run();
        double end = clock.Elapsed.TotalSeconds;
        double latest = 0;
        double share = 0.25;
        foreach (Variable variable in gradients.Variables.Reverse())
        {
            latest = Math.Max(latest, times[variable]);
            if (gradients.Length - gradients.OffsetOf(variable) >= share * gradients.Length)
            {
                Say(ranks, $"gradients written    {100 * share,8:F0} %   at {100 * latest / end,5:F1} % of the plan's run");
                share += 0.25;
            }
        }
    }

    /// <summary>Milliseconds of an action that all ranks begin together; the first rounds are not kept.</summary>
    private static double Median(MpiCollective ranks, Action action)
    {
        double[] times = new double[Rounds];
        for (int round = -2; round < Rounds; round++)
        {
            ranks.Barrier();
            long start = Stopwatch.GetTimestamp();
            action();
            ranks.Barrier();
            times[Math.Max(round, 0)] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        Array.Sort(times);
        return times[Rounds / 2];
    }

    private static void Say(MpiCollective ranks, string line)
    {
        if (ranks.Rank == 0)
        {
            Console.WriteLine(line);
        }
    }
}
