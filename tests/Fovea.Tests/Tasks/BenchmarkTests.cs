using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Tests.Tasks;

public sealed class BenchmarkTests
{
    [Fact]
    public void Measuring_leaves_a_network_as_it_was()
    {
        using WorkerPool pool = new(1);
        Network network = ModelRegistry.Create("cmt_nano");
        Benchmark inference = Benchmark.Inference(network, 2, pool, TimeSpan.FromMilliseconds(5));
        Benchmark training = Benchmark.Training(network, 2, pool, TimeSpan.FromMilliseconds(5));
        Assert.Equal(2, inference.Batch);
        Assert.InRange(inference.Fastest, TimeSpan.FromTicks(1), inference.Median);
        Assert.InRange(training.PlannedBytes, inference.PlannedBytes + 1, long.MaxValue);
        Assert.NotEmpty(PlanProfile.Measure(network, 1, training: true, pool, runs: 2).Entries);
        Assert.NotEmpty(PlanProfile.Measure(network, 1, training: false, pool, runs: 2).Entries);

        // The network is as free as before, and one with weights keeps them.
        using Model model = Model.From(network, seed: 3);
        float[] weights = model.Parameters.Weights.Data.ToArray();
        Benchmark.Inference(network, 1, pool, TimeSpan.FromMilliseconds(5));
        Assert.NotEmpty(PlanProfile.Measure(network, 1, training: false, pool, runs: 2).Entries);
        Assert.Equal(weights, model.Parameters.Weights.Data.ToArray());
        Assert.Throws<InvalidOperationException>(() => Benchmark.Training(network, 1, pool, TimeSpan.FromMilliseconds(5)));
        Assert.Throws<InvalidOperationException>(() => PlanProfile.Measure(network, 1, training: true, pool));
        Assert.Equal(weights, model.Parameters.Weights.Data.ToArray());
    }
}
