using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

/// <summary>Tests that count the whole process's allocations, and so run while no other test does.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("Alone")]
public sealed class AllocationTests
{
    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    [InlineData(true, 2)]
    public void Running_a_plan_and_stepping_an_optimiser_allocate_nothing(bool training, int threads)
    {
        using WorkerPool pool = new(threads);
        using RandomGraphs made = new(12, training);
        using RandomGraphs other = new(12, training);
        using GradientBlock gradients = made.Gradients();
        using Plan plan = Plan.Compile(made.Graph, pool, gradients);
        using Plan adding = Plan.Compile(made.Graph, pool, gradients, accumulate: true);
        using AdamW adam = new(gradients, 0.05, pool: pool);
        using Sgd sgd = new(gradients, 0.05, pool: pool);
        Ema ema = new([other.Block], [made.Block], pool);
        AssertNothing(plan.Run);
        AssertNothing(adding.Run);
        AssertNothing(gradients.Clear);
        AssertNothing(() => gradients.Norm(pool));
        AssertNothing(() => adam.Step(1e-3));
        AssertNothing(() => sgd.Step(1e-3));
        AssertNothing(() => ema.Update(0.99));
    }

    [Fact]
    public void Every_operation_runs_without_allocating()
    {
        List<Plan> plans = [];
        foreach (OperationCase operation in OperationCases.All)
        {
            ComputeGraph graph = operation.Graph(gradients: true);
            plans.Add(Plan.Compile(graph, GraphRun.Single));
            GraphRun.Outputs(plans[^1], operation.Inputs(graph));
        }

        AssertNothing(() =>
        {
            foreach (Plan plan in plans)
            {
                plan.Run();
            }
        });
        plans.ForEach(plan => plan.Dispose());
    }

    private static void AssertNothing(Action run)
    {
        for (int i = 0; i < 20; i++)
        {
            run();
        }

        // Other threads of the runtime may allocate now and then, but not in every one of many attempts.
        (long Thread, long Process) least = (long.MaxValue, long.MaxValue);
        for (int attempt = 0; attempt < 10 && least != (0, 0); attempt++)
        {
            long process = GC.GetTotalAllocatedBytes(precise: true);
            long thread = GC.GetAllocatedBytesForCurrentThread();
            run();
            thread = GC.GetAllocatedBytesForCurrentThread() - thread;
            process = GC.GetTotalAllocatedBytes(precise: true) - process;
            least = (Math.Min(least.Thread, thread), Math.Min(least.Process, process));
        }

        Assert.Equal((0, 0), least);
    }
}
