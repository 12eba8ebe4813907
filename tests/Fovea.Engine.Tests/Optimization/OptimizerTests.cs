using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Optimization;

/// <summary>Lion (arXiv 2302.06675) as somebody outside the library would write it: spans, no pointers, nothing internal.</summary>
internal sealed class OwnLion(GradientBlock gradients, double weightDecay, WorkerPool? pool = null)
    : Optimizer(gradients, stateBlocks: 1, weightDecay, pool: pool)
{
    protected override void Update(in UpdateRange range)
    {
        Span<float> weights = range.Weights;
        Span<float> mean = range.State(0);
        float rate = (float)range.LearningRate;
        for (int i = 0; i < weights.Length; i++)
        {
            float gradient = range.Gradients[i] * range.GradientFactor;
            weights[i] -= rate * (MathF.Sign((0.9f * mean[i]) + (0.1f * gradient)) + ((float)range.WeightDecay * weights[i]));
            mean[i] = (0.99f * mean[i]) + (0.01f * gradient);
        }
    }
}

public sealed class OptimizerTests
{
    [Fact]
    public void A_rule_from_outside_steps_like_its_definition()
    {
        using TrainedGraph made = new();
        using GradientBlock gradients = new(made.Block.Variables);
        using OwnLion lion = new(gradients, 0.1, pool: GraphRun.Single);
        float[] weights = made.First.Data.ToArray();
        float[] mean = new float[weights.Length];
        for (int step = 1; step <= 3; step++)
        {
            float[] gradient = GraphRun.Values($"gradient {step}", made.First.Shape);
            gradient.CopyTo(gradients.Of(made.First));
            lion.Step(1e-2, gradientFactor: 0.5f);
            Assert.Equal(step, lion.Iterations);
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] -= 1e-2f * (MathF.Sign((0.9f * mean[i]) + (0.1f * 0.5f * gradient[i])) + (0.1f * weights[i]));
                mean[i] = (0.99f * mean[i]) + (0.01f * (0.5f * gradient[i]));
            }

            Assert.Equal(weights, made.First.Data.ToArray(), (a, b) => Math.Abs(a - b) <= 1e-6f);
            Assert.Equal(mean, lion.State[0].Of(made.First).ToArray(), (a, b) => Math.Abs(a - b) <= 1e-6f);
        }
    }

    [Fact]
    public void Steps_give_the_same_bits_on_any_number_of_threads()
    {
        using WorkerPool three = new(3);
        Func<GradientBlock, WorkerPool, Optimizer>[] makers =
        [
            (block, pool) => new AdamW(block, 0.05, pool: pool),
            (block, pool) => new Sgd(block, 0.05, pool: pool, nesterov: true),
            (block, pool) => new OwnLion(block, 0.05, pool),
            (block, pool) => new Lion(block, 0.05, pool: pool),
            (block, pool) => new Lamb(block, 0.05, pool: pool),
            (block, pool) => new Muon(block, 0.05, pool: pool),
        ];
        foreach (Func<GradientBlock, WorkerPool, Optimizer> make in makers)
        {
            Assert.Equal(Trained(make, GraphRun.Single), Trained(make, three));
        }
    }

    [Fact]
    public void Groups_set_the_rate_and_the_decay_of_the_variables_they_choose()
    {
        using TrainedGraph made = new(graph => graph.Unused.Trainable = false);
        using GradientBlock gradients = new(made.Block.Variables);
        Dictionary<Variable, float> before = made.Block.Variables.ToDictionary(variable => variable, variable => variable.Data[0]);
        gradients.Data.Fill(1);
        ParameterGroup[] groups =
        [
            new(variable => variable.Name.EndsWith("bias", StringComparison.Ordinal), WeightDecay: 0),
            new(variable => variable.Name.StartsWith("first", StringComparison.Ordinal), RateFactor: 0.5),
        ];
        using Sgd optimizer = new(gradients, weightDecay: 0.25, groups, GraphRun.Single, momentum: 0);
        optimizer.Step(0.5);
        Assert.Equal(before[made.First] - (0.25f * (1 + (0.25f * before[made.First]))), made.First.Data[0], 1e-6f);
        Assert.Equal(before[made.Bias] - 0.25f, made.Bias.Data[0], 1e-6f);
        Assert.Equal(before[made.Second] - (0.5f * (1 + (0.25f * before[made.Second]))), made.Second.Data[0], 1e-6f);
        Assert.Equal(before[made.Unused], made.Unused.Data[0]);
        Assert.Equal([made.First, made.Bias, made.Second], optimizer.State[0].Variables);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ParameterGroup(_ => true, RateFactor: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ParameterGroup(_ => true) with { WeightDecay = double.NaN });
        using TrainedGraph made = new();
        using GradientBlock gradients = new(made.Block.Variables);
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamW(gradients, beta2: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(gradients, weightDecay: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sgd(gradients, momentum: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Lion(gradients, beta1: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Lamb(gradients, maxGradientNorm: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Muon(gradients, iterations: 0));
    }

    [Fact]
    public void Variables_without_memory_are_named()
    {
        using GradientBlock gradients = new([new Variable("nowhere", [3], trainable: true)]);
        Assert.Contains("nowhere", Assert.Throws<InvalidOperationException>(() => new AdamW(gradients)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_optimiser_and_disposed_weights_throw()
    {
        using GradientBlock gradients = new([new Variable("w", [3], trainable: true)]);
        VariableBlock block = new(gradients.Variables);
        AdamW optimizer = new(gradients, pool: GraphRun.Single);
        block.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.Step(1));
        optimizer.Dispose();
        optimizer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => optimizer.Step(1));
        Assert.Throws<ObjectDisposedException>(() => optimizer.State[0].Data.Length);
        Assert.Equal(3, gradients.Of(gradients.Variables[0]).Length);
    }

    [Fact]
    public void What_a_rule_throws_reaches_the_caller_of_the_step()
    {
        using TrainedGraph made = new();
        using GradientBlock gradients = new(made.Block.Variables);
        using WorkerPool two = new(2);
        using Greedy greedy = new(gradients, two);
        Assert.Throws<IndexOutOfRangeException>(() => greedy.Step(1));
    }

    private static float[] Trained(Func<GradientBlock, WorkerPool, Optimizer> make, WorkerPool pool)
    {
        using TrainedGraph made = new();
        using GradientBlock gradients = new(made.Block.Variables);
        using Plan plan = Plan.Compile(made.Graph, pool, gradients);
        using Optimizer optimizer = make(gradients, pool);
        for (int step = 0; step < 3; step++)
        {
            TrainedGraph.Batch(step).CopyTo(plan.Input("x"));
            plan.Run();
            optimizer.Step(1e-2, (float)(1 / gradients.Norm(pool)));
        }

        return made.Block.Data.ToArray();
    }

    /// <summary>Asks for more state than it was made with.</summary>
    private sealed class Greedy(GradientBlock gradients, WorkerPool pool) : Optimizer(gradients, stateBlocks: 1, pool: pool)
    {
        protected override void Update(in UpdateRange range) => range.State(1).Clear();
    }
}
