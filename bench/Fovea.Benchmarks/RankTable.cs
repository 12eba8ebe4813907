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
        double[] sums = [.. Enumerable.Range(0, Rounds).Select(_ => Time(ranks, () => ranks.AllReduce(gradients)).Milliseconds)];
        double sum = Median(sums);
        Say(ranks, $"{model}: {gradients.Length * 4.0 / 1e6:F1} MB of gradients, {ranks.Size} ranks");
        Say(ranks, $"sum alone            {sum,8:F1} ms  {gradients.Length * 4.0 / 1e6 / sum,6:F2} GB/s");
        if (batch == 0)
        {
            return;
        }

        SayWhenWritten(network, ranks, batch);
        int size = ranks.Size;
        using WorkerPool pool = new();
        using TrainingStep alone = StepOf(network, new TrainingOptions { BatchSize = batch }, pool, null);
        using TrainingStep shared = StepOf(network, new TrainingOptions { BatchSize = batch * size, Shards = size }, pool, ranks);
        Batch images = Noise(network, batch, ranks.Rank);

        // In turns, as a machine is faster at one time than at another.
        (double[] without, double[] with, double[] processor) = (new double[Rounds], new double[Rounds], new double[Rounds]);
        for (int round = -2; round < Rounds; round++)
        {
            int place = Math.Max(round, 0);
            (without[place], double before) = Time(ranks, () => alone.Run(images, 0, 0, 1e-9, new double[1]));
            (with[place], processor[place]) = Time(ranks, () => shared.Run(images, 0, shared.Share.First, 1e-9, new double[1]));
            processor[place] -= before;
        }

        double longer = Median([.. with.Zip(without, (one, other) => one - other)]);
        Say(ranks, $"step alone           {Median(without),8:F1} ms  {1000 * size * batch / Median(without),6:F1} images/s");
        Say(ranks, $"step with the sum    {Median(with),8:F1} ms  {1000 * size * batch / Median(with),6:F1} images/s");
        Say(ranks, $"longer by            {longer,8:F1} ms, and by {Median(processor):F1} ms of processor time");
        Say(ranks, $"hidden of the sum    {100 * (1 - (longer / sum)),8:F0} %");
    }

    private static TrainingStep StepOf(Model model, TrainingOptions options, WorkerPool pool, MpiCollective? ranks) =>
        new(model, new ClassificationObjective(), new LabelLayout(model.Info.Preprocessing), options, pool, ranks);

    private static Batch Noise(Model model, int size, int seed)
    {
        Batch batch = new(size, new LabelLayout(model.Info.Preprocessing).Fields) { Count = size };
        batch.Labels.AsSpan().Clear();
        KeyedRandom random = new(1, (ulong)seed);
        foreach (ref float value in batch.Images.AsSpan())
        {
            value = (float)random.NextNormal();
        }

        return batch;
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

    /// <summary>Milliseconds of an action that all ranks begin together, and of this process's processor time in it.</summary>
    private static (double Milliseconds, double Processor) Time(MpiCollective ranks, Action action)
    {
        ranks.Barrier();
        long start = Stopwatch.GetTimestamp();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        action();
        TimeSpan processor = Environment.CpuUsage.TotalTime - before;
        ranks.Barrier();
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, processor.TotalMilliseconds);
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private static void Say(MpiCollective ranks, string line)
    {
        if (ranks.Rank == 0)
        {
            Console.WriteLine(line);
        }
    }
}
