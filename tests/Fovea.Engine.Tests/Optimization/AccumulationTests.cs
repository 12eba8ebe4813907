using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Optimization;

public sealed class AccumulationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Four_accumulated_batches_are_the_sum_of_four_written_ones(int threads)
    {
        using WorkerPool pool = new(threads);
        using TrainedGraph made = new();
        using GradientBlock written = new(made.Block.Variables);
        using GradientBlock accumulated = new(made.Block.Variables);
        using Plan writing = Plan.Compile(made.Graph, pool, written);
        using Plan adding = Plan.Compile(made.Graph, pool, accumulated, accumulate: true);
        float[] sum = new float[written.Length];
        for (int batch = 0; batch < 4; batch++)
        {
            Run(writing, batch);
            Run(adding, batch);
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += written.Data[i];
            }
        }

        Assert.Equal(sum, accumulated.Data);
        Assert.True(accumulated.Of(made.First).IndexOfAnyExcept(0f) >= 0);
    }

    [Fact]
    public void Gradients_of_random_graphs_accumulate_to_twice_what_is_written()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            using RandomGraphs made = new(seed, training: true);
            using GradientBlock written = made.Gradients();
            using GradientBlock accumulated = made.Gradients();
            using Plan writing = Plan.Compile(made.Graph, GraphRun.Single, written);
            using Plan adding = Plan.Compile(made.Graph, GraphRun.Single, accumulated, accumulate: true);
            GraphRun.Near(GraphRun.Outputs(writing, made.Inputs), GraphRun.Outputs(adding, made.Inputs), $"seed {seed}", tolerance: 0);
            GraphRun.Outputs(adding, made.Inputs);
            for (int i = 0; i < written.Length; i++)
            {
                Assert.True(
                    2 * written.Data[i] == accumulated.Data[i],
                    $"seed {seed}: {accumulated.Data[i]} at {i}, expected {2 * written.Data[i]}");
            }
        }
    }

    [Fact]
    public void Two_plans_share_a_block()
    {
        using TrainedGraph made = new();
        using GradientBlock apart = new(made.Block.Variables);
        using GradientBlock shared = new(made.Block.Variables);
        using Plan alone = Plan.Compile(made.Graph, GraphRun.Single, apart);
        using Plan writing = Plan.Compile(made.Graph, GraphRun.Single, shared);
        using Plan adding = Plan.Compile(made.Graph, GraphRun.Single, shared, accumulate: true);
        Run(alone, 0);
        float[] expected = apart.Data.ToArray();
        Run(alone, 1);
        expected = [.. expected.Zip(apart.Data.ToArray(), (first, second) => first + second)];

        // What a plan computes once for all its runs, here zeros, is written in every one nevertheless.
        shared.Of(made.First).Fill(5);
        shared.Of(made.Unused).Fill(5);
        Run(writing, 0);
        Run(adding, 1);
        Assert.Equal(expected, shared.Data[..expected.Length]);
        Assert.Equal(new float[7], shared.Of(made.Unused));
    }

    [Fact]
    public void A_block_without_a_place_for_a_gradient_is_refused_by_name()
    {
        using TrainedGraph made = new();
        using GradientBlock gradients = new([made.First, made.Bias]);
        Assert.Contains(
            "second.weight",
            Assert.Throws<ArgumentException>(() => Plan.Compile(made.Graph, GraphRun.Single, gradients)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Plan.Compile(made.Graph, GraphRun.Single, accumulate: true));
    }

    [Fact]
    public void Accumulating_needs_memory_for_single_gradients_not_for_all()
    {
        using TrainedGraph made = new();
        using GradientBlock gradients = new(made.Block.Variables);
        long writing = Plan.Estimate(made.Graph, threads: 1, gradients).Arena;
        long adding = Plan.Estimate(made.Graph, threads: 1, gradients, accumulate: true).Arena;
        Assert.InRange(adding, writing, writing + (130 * 140 * sizeof(float)) + 4096);
    }

    private static void Run(Plan plan, int batch)
    {
        TrainedGraph.Batch(batch).CopyTo(plan.Input("x"));
        plan.Run();
    }
}
