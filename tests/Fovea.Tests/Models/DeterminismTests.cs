using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Models;

public sealed class DeterminismTests
{
    private static readonly CmtConfig _nano = Cmt.Variants["cmt_nano"] with { DropPath = 0.3f, Dropout = 0.2f };

    private static readonly CmtStage[] _stages = [new(12, 1, 1, 4, 3.3), new(20, 2, 2, 2, 3.3), new(36, 1, 4, 1, 3.3)];

    private static readonly CmtFlyEgleConfig _flyEgle = new(8, _stages, 32, 32)
    {
        DropPath = 0.2f,
        Dropout = 0.1f,
        AttentionDropout = 0.1f,
        ProjectionDropout = 0.1f,
        HeadChannels = 30,
        Classes = 7,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Three_training_steps_give_the_same_bits_on_any_number_of_threads(bool flyEgle)
    {
        Dictionary<string, float[]> expected = Train(flyEgle, threads: 1);
        foreach (int threads in (int[])[2, 3])
        {
            foreach ((string name, float[] values) in Train(flyEgle, threads))
            {
                Assert.True(expected[name].AsSpan().SequenceEqual(values), $"{name} differs between 1 and {threads} threads");
            }
        }
    }

    [Fact]
    public void Another_step_number_draws_other_random_numbers()
    {
        Network network = new(new Cmt(_nano));
        using ParameterStore state = new(network);
        state.Initialize(5);
        using WorkerPool pool = new(1);
        using GradientBlock gradients = new(state.Trained);
        using Plan plan = ModelPlans.Training(network, gradients, pool, 4, 32, 32);
        float[] losses = [.. new ulong[] { 0, 1, 0 }.Select(step =>
        {
            plan.Iteration = step;
            plan.Run();
            return plan.Output("loss")[0];
        })];
        Assert.NotEqual(losses[0], losses[1]);
        Assert.Equal(losses[0], losses[2]);
    }

    private static Dictionary<string, float[]> Train(bool flyEgle, int threads)
    {
        Network network = new(flyEgle ? new CmtFlyEgle(_flyEgle) : new Cmt(_nano));
        using ParameterStore state = new(network);
        state.Initialize(5);
        using WorkerPool pool = new(threads);
        using GradientBlock gradients = new(state.Trained);
        using Plan plan = ModelPlans.Training(network, gradients, pool, 3, 32, 32);
        using AdamW optimizer = new(gradients, 0.05, WeightDecay.Groups, pool);
        plan.Seed = 9;
        Dictionary<string, float[]> results = [];
        for (ulong step = 0; step < 3; step++)
        {
            plan.Iteration = step;
            plan.Run();
            results.Add($"loss {step}", plan.Output("loss").ToArray());
            results.Add($"gradients {step}", gradients.Data.ToArray());
            optimizer.Step(1e-3);
        }

        results.Add("weights", state.Weights.Data.ToArray());
        results.Add("statistics", state.Statistics.Data.ToArray());
        return results;
    }
}
