using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Execution;

/// <summary>The public edge of plans: wrong names, types and lengths, disposal, and several threads.</summary>
public sealed class PlanEdgeTests
{
    [Fact]
    public void An_input_or_output_is_given_out_in_its_own_type_and_length_alone()
    {
        ComputeGraph graph = new();
        Value images = graph.Input("images", [2, 3]);
        Value labels = graph.Input("labels", [2], ElementType.Int32);
        graph.Input("bytes", [5], ElementType.UInt8);
        graph.Output("losses", images.CrossEntropy(labels));
        graph.Output("labels again", labels);
        using Plan plan = Plan.Compile(graph);

        Assert.Equal((6, 2, 5), (plan.Input("images").Length, plan.IntegerInput("labels").Length, plan.ByteInput("bytes").Length));
        Assert.Equal((2, 2), (plan.Output("losses").Length, plan.IntegerOutput("labels again").Length));
        Refuses<InvalidOperationException>("The input 'bytes' holds UInt8, not Float32: ByteInput gives it.", () => plan.Input("bytes"));
        Refuses<InvalidOperationException>(
            "The input 'labels' holds Int32, not Float32: IntegerInput gives it.", () => plan.Input("labels"));
        Refuses<InvalidOperationException>(
            "The input 'images' holds Float32, not Int32: Input gives it.", () => plan.IntegerInput("images"));
        Refuses<InvalidOperationException>("The input 'images' holds Float32, not UInt8: Input gives it.", () => plan.ByteInput("images"));
        Refuses<InvalidOperationException>(
            "The output 'labels again' holds Int32, not Float32: IntegerOutput gives it.", () => plan.Output("labels again"));
        Refuses<InvalidOperationException>(
            "The output 'losses' holds Float32, not Int32: Output gives it.", () => plan.IntegerOutput("losses"));
        Refuses<KeyNotFoundException>("The graph has no input 'image'; it has images, labels, bytes.", () => plan.Input("image"));
        Refuses<KeyNotFoundException>("The graph has no output 'loss'; it has losses, labels again.", () => plan.Output("loss"));
        Assert.Throws<ArgumentException>(() => new float[7].CopyTo(plan.Input("images")));
    }

    [Fact]
    public void A_disposed_plan_refuses_every_call_and_is_disposed_of_once()
    {
        Plan plan = Sum(out VariableBlock block);
        using (block)
        {
            plan.Dispose();
            plan.Dispose();
            RefusesAll(plan);
        }
    }

    [Fact]
    public void A_plan_whose_variables_were_disposed_of_refuses_to_run()
    {
        using Plan plan = Sum(out VariableBlock block);
        block.Dispose();
        Assert.Throws<ObjectDisposedException>(plan.Run);
        Assert.Throws<ObjectDisposedException>(plan.Refresh);
        Assert.Throws<ObjectDisposedException>(() => { plan.Profile(); });
        Assert.Throws<ObjectDisposedException>(() => { plan.FindNonFinite(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = block.Data; });
        Assert.Throws<ObjectDisposedException>(() => { _ = block.Variables[0].Data; });
    }

    [Fact]
    public void Spans_of_variables_and_gradients_stay_readable_and_writable_when_their_memory_was_disposed_of()
    {
        Variable variable = new("w", [1000], trainable: true);
        VariableBlock block = new([variable]);
        GradientBlock gradients = new([variable]);
        Span<float> values = variable.Data;
        Span<float> all = block.Data;
        Span<float> gradient = gradients.Of(variable);
        values.Fill(3);
        gradient.Fill(5);
        block.Dispose();
        gradients.Dispose();

        // Memory that was freed would be taken by these, and found overwritten below.
        float[][] others = [.. Enumerable.Range(0, 200).Select(i => new float[1000])];
        GC.Collect();
        foreach (float[] other in others)
        {
            other.AsSpan().Fill(-1);
        }

        Assert.Equal(-1, values.IndexOfAnyExcept(3));
        Assert.Equal(3, all[999]);
        Assert.Equal(-1, gradient.IndexOfAnyExcept(5));
        values[7] = 4;
        Assert.Equal(4, all[7]);
    }

    [Fact]
    public void Spans_that_a_caller_kept_stay_readable_and_writable_when_the_plan_is_gone()
    {
        Plan plan = Sum(out VariableBlock block);
        using (block)
        {
            Span<float> input = plan.Input("x");
            ReadOnlySpan<float> output = plan.Output("y");
            input.Fill(3);
            plan.Run();
            plan.Dispose();
            plan = null!;
            for (int i = 0; i < 20; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                _ = new byte[1 << 20];
            }

            Assert.Equal(-1, output.IndexOfAnyExcept(4f));
            input.Fill(5);
            Assert.Equal(-1, input.IndexOfAnyExcept(5f));
        }
    }

    [Fact]
    public void A_plan_that_nobody_holds_any_more_ends_the_run_that_it_is_in()
    {
        for (int round = 0; round < 30; round++)
        {
            using ManualResetEventSlim collect = new();
            Thread collector = new(() =>
            {
                collect.Wait();
                GC.Collect();
                GC.WaitForPendingFinalizers();
            });
            collector.Start();
            VariableBlock block = RunOnce(collect);
            collector.Join();
            block.Dispose();
        }

        // The plan's only use is its run.
        static VariableBlock RunOnce(ManualResetEventSlim collect)
        {
            Plan plan = Sum(out VariableBlock block, elements: 1 << 18);
            collect.Set();
            plan.Run();
            return block;
        }
    }

    [Fact]
    public void Two_threads_may_run_and_dispose_of_one_plan()
    {
        for (int round = 0; round < 50; round++)
        {
            Plan plan = Sum(out VariableBlock block, elements: 1 << 14);
            int refused = 0;
            Thread[] threads =
            [
                .. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
                {
                    try
                    {
                        while (true)
                        {
                            plan.Run();
                        }
                    }
                    catch (ObjectDisposedException)
                    {
                        Interlocked.Increment(ref refused);
                    }
                })),
            ];
            Array.ForEach(threads, thread => thread.Start());
            (round % 2 == 0 ? (IDisposable)plan : block).Dispose();
            Array.ForEach(threads, thread => thread.Join());
            plan.Dispose();
            block.Dispose();
            Assert.Equal(2, refused);
        }
    }

    [Fact]
    public void A_pool_that_has_ended_refuses_runs_and_the_shared_one_does_not_end()
    {
        WorkerPool pool = new(2);
        ComputeGraph graph = new();
        graph.Output("y", graph.Input("x", [4]) * 2f);
        using Plan plan = Plan.Compile(graph, pool);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(plan.Run);
        WorkerPool.Shared.Dispose();
        using Plan shared = Plan.Compile(graph);
        shared.Run();
    }

    private static Plan Sum(out VariableBlock block, int elements = 1000)
    {
        Variable ones = new("ones", [elements], trainable: true);
        block = new VariableBlock([ones]);
        ones.Data.Fill(1);
        ComputeGraph graph = new();
        graph.Output("y", graph.Input("x", [elements]) + graph.Read(ones));
        return Plan.Compile(graph);
    }

    private static void RefusesAll(Plan plan)
    {
        Assert.Throws<ObjectDisposedException>(plan.Run);
        Assert.Throws<ObjectDisposedException>(plan.Refresh);
        Assert.Throws<ObjectDisposedException>(() => { plan.Profile(); });
        Assert.Throws<ObjectDisposedException>(() => { plan.FindNonFinite(); });
        Assert.Throws<ObjectDisposedException>(() => { _ = plan.Input("x"); });
        Assert.Throws<ObjectDisposedException>(() => { _ = plan.Output("y"); });
    }

    private static void Refuses<T>(string message, Action call)
        where T : Exception => Assert.Equal(message, Assert.Throws<T>(call).Message);
}
