using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Optimization;

public sealed class GradientBlockTests
{
    [Fact]
    public void A_block_holds_the_trained_variables_in_order_each_at_a_cache_line()
    {
        Variable first = new("first", [3, 5], trainable: true);
        Variable frozen = new("frozen", [100], trainable: false);
        Variable last = new("last", [2], trainable: true);
        using GradientBlock block = new([first, frozen, last]);
        Assert.Equal([first, last], block.Variables);
        Assert.Equal(32, block.Length);
        Assert.Equal(32 * sizeof(float), block.Bytes);
        block.Of(first).Fill(1);
        block.Of(last).Fill(2);
        Assert.Equal([.. Enumerable.Repeat(1f, 15), 0, 2, 2, .. new float[14]], block.Data);
        block.Clear();
        Assert.Equal(new float[32], block.Data);
    }

    [Fact]
    public void A_variable_without_a_part_is_named()
    {
        Variable trained = new("trained", [3], trainable: true);
        Variable frozen = new("stem.weight", [3], trainable: false);
        using GradientBlock block = new([trained, frozen]);
        Assert.Contains("stem.weight", Assert.Throws<ArgumentException>(() => block.Of(frozen).Clear()).Message, StringComparison.Ordinal);
        ArgumentException twice = Assert.Throws<ArgumentException>(() => new GradientBlock([trained, trained]));
        Assert.Contains("trained", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_longer_than_a_span_has_its_length_and_says_how_to_reach_its_values()
    {
        // No memory is taken before it is asked for.
        Variable[] variables = [.. Enumerable.Range(0, 3).Select(i => new Variable($"v{i}", [1 << 15, 1 << 15], trainable: true))];
        using GradientBlock block = new(variables);
        Assert.Equal(3L << 30, block.Length);
        Assert.Equal(3L << 32, block.Bytes);
        Assert.Contains("Of", Assert.Throws<InvalidOperationException>(() => block.Data.Length).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16384)]
    [InlineData(70003)]
    public void The_norm_is_that_of_all_values_with_the_same_bits_on_any_number_of_threads(int length)
    {
        Variable variable = new("v", [length], trainable: true);
        using GradientBlock block = new([variable]);
        float[] values = GraphRun.Values("v", variable.Shape);
        values.CopyTo(block.Of(variable));
        using WorkerPool three = new(3);
        double norm = block.Norm(GraphRun.Single);
        Assert.Equal(Math.Sqrt(values.Sum(value => (double)value * value)), norm, 1e-9 * norm);
        Assert.Equal(norm, block.Norm(three));
        block.Of(variable)[^1] = float.NaN;
        Assert.False(double.IsFinite(block.Norm(three)));
    }

    [Fact]
    public void An_empty_block_has_norm_zero()
    {
        using GradientBlock block = new([]);
        Assert.Equal(0, block.Norm(GraphRun.Single));
        Assert.True(block.Data.IsEmpty);
    }

    [Fact]
    public void A_disposed_block_throws_and_so_does_whoever_works_on_it()
    {
        using TrainedGraph made = new();
        GradientBlock gradients = new(made.Block.Variables);
        using Plan plan = Plan.Compile(made.Graph, GraphRun.Single, gradients);
        using Sgd optimizer = new(gradients, pool: GraphRun.Single);
        gradients.Dispose();
        gradients.Dispose();
        Assert.Throws<ObjectDisposedException>(() => gradients.Data.Length);
        Assert.Throws<ObjectDisposedException>(() => gradients.Of(made.First).Length);
        Assert.Throws<ObjectDisposedException>(() => gradients.Norm(GraphRun.Single));
        Assert.Throws<ObjectDisposedException>(gradients.Clear);
        Assert.Throws<ObjectDisposedException>(plan.Run);
        Assert.Throws<ObjectDisposedException>(plan.Profile);
        Assert.Throws<ObjectDisposedException>(() => optimizer.Step(0.1));
        Assert.Equal(0, optimizer.Iterations);
        Assert.Throws<ObjectDisposedException>(() => new Sgd(gradients));
        Assert.Throws<ObjectDisposedException>(() => Plan.Compile(made.Graph, GraphRun.Single, gradients));

        GradientBlock neverUsed = new(made.Block.Variables);
        neverUsed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => neverUsed.Data.Length);
    }

    [Fact]
    public async Task Disposing_during_runs_ends_them_with_an_exception_and_leaves_no_run_on_freed_memory()
    {
        using TrainedGraph made = new();
        for (int round = 0; round < 20; round++)
        {
            GradientBlock gradients = new(made.Block.Variables);
            using WorkerPool pool = new(2);
            using Plan plan = Plan.Compile(made.Graph, pool, gradients);
            using AdamW optimizer = new(gradients, pool: pool);
            using SemaphoreSlim running = new(0);
            Task run = Task.Run(() => Train(plan, optimizer, running));
            await running.WaitAsync();
            gradients.Dispose();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => run);
        }
    }

    private static void Train(Plan plan, Optimizer optimizer, SemaphoreSlim running)
    {
        while (true)
        {
            plan.Run();
            optimizer.Step(1e-3);
            optimizer.Gradients.Norm(GraphRun.Single);
            running.Release();
        }
    }
}
