using Fovea.Engine.Execution;
using Fovea.Engine.Memory;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Models;

/// <summary>Memory and allocations of models. These tests count for the whole process, and so run while no other test does.</summary>
[Collection("Alone")]
public sealed class ModelResourceTests(ITestOutputHelper output)
{
    [Fact]
    public void A_plan_takes_the_memory_that_it_says()
    {
        using WorkerPool pool = new(1);
        Network network = ModelRegistry.Create("cmt_s");
        using ParameterStore state = new(network);
        state.Initialize(1);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = TakenMemory.Bytes;
        using GradientBlock gradients = new(state.Trained);
        using Plan plan = ModelPlans.Training(network, gradients, pool, 4, 224, 224);
        plan.Run();
        GC.Collect();
        long growth = TakenMemory.Bytes - before;
        long planned = plan.Memory.Total + gradients.Bytes;
        output.WriteLine($"planned {planned / 1e6:f1} MB, grew by {growth / 1e6:f1} MB");
        Assert.InRange(planned, 100_000_000, long.MaxValue);
        Assert.InRange(growth, (long)(0.97 * planned), (long)(1.03 * planned));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Inference_and_training_of_a_model_allocate_nothing(int threads)
    {
        using WorkerPool pool = new(threads);
        Network network = ModelRegistry.Create("cmt_nano", new ModelOptions(DropPath: 0.2f, Dropout: 0.1f));
        using ParameterStore state = new(network);
        state.Initialize(1);
        using Plan inference = ModelPlans.Inference(network, pool, 2, 32, 32);
        using ParameterStore averages = new(ModelRegistry.Create("cmt_nano"));
        using GradientBlock gradients = new(state.Trained);
        using Plan training = ModelPlans.Training(network, gradients, pool, 2, 32, 32);
        using AdamW optimizer = new(gradients, 0.05, WeightDecay.Groups, pool);
        Ema ema = new([averages.Weights, averages.Statistics], [state.Weights, state.Statistics], pool);
        AssertNothing("inference", inference.Run);
        AssertNothing("training", training.Run);
        AssertNothing("norm", () => gradients.Norm(pool));
        AssertNothing("optimiser", () => optimizer.Step(1e-4));
        AssertNothing("average", () => ema.Update(0.99));
    }

    private static void AssertNothing(string what, Action run)
    {
        long least = long.MaxValue;
        long minHere = long.MaxValue;
        for (int attempt = 0; attempt < 40 && (least, minHere) != (0, 0); attempt++)
        {
            long start = GC.GetTotalAllocatedBytes(precise: true);
            long startHere = GC.GetAllocatedBytesForCurrentThread();
            run();
            minHere = Math.Min(minHere, GC.GetAllocatedBytesForCurrentThread() - startHere);
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - start);
        }

        Assert.True(minHere == 0, $"{what} allocated {minHere} bytes on the calling thread");
        Assert.True(least == 0, $"{what} allocated {least} bytes in the process");
    }

    [Fact]
    public void Compiling_a_model_takes_a_moment()
    {
        using WorkerPool pool = new(1);
        Network network = ModelRegistry.Create("cmt_s");
        using ParameterStore state = new(network);
        using GradientBlock gradients = new(state.Trained);
        foreach (string round in (string[])["cold", "warm"])
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            ModelPlans.Inference(network, pool, 1, 224, 224).Dispose();
            output.WriteLine($"cmt_s, inference, {round}: {Elapsed(start):f0} ms");
            start = System.Diagnostics.Stopwatch.GetTimestamp();
            ModelPlans.Training(network, gradients, pool, 1, 64, 64).Dispose();
            output.WriteLine($"cmt_s, training, {round}: {Elapsed(start):f0} ms");
        }
    }

    private static double Elapsed(long start) => System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds;
}
