using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Execution;

/// <summary>Packed weights that plans share.</summary>
public sealed class PackedWeightsTests
{
    [Fact]
    public void Plans_of_other_batches_and_sizes_find_the_weights_packed_and_give_the_bits_of_a_plan_of_their_own()
    {
        using Net net = new();
        using PackedWeights shared = Executor.Default.CreatePackedWeights();
        using Plan first = Plan.Compile(net.Build(1, 12), options: new PlanOptions { PackedWeights = shared });
        long bytes = shared.Bytes;
        Assert.Equal(bytes, first.Memory.Persistent);
        foreach ((int batch, int side) in ((int, int)[])[(1, 12), (3, 12), (2, 10)])
        {
            using Plan sharing = Plan.Compile(net.Build(batch, side), options: new PlanOptions { PackedWeights = shared });
            using Plan alone = Plan.Compile(net.Build(batch, side));
            Assert.Equal(0, sharing.Memory.Persistent);
            Assert.Equal(alone.Memory.Total, sharing.Memory.Total + alone.Memory.Persistent);
            Assert.Equal(Run(alone), Run(sharing));
        }

        Assert.Equal(bytes, shared.Bytes);
    }

    [Fact]
    public void Refreshing_one_plan_refreshes_all_that_share()
    {
        using Net net = new();
        using PackedWeights shared = Executor.Default.CreatePackedWeights();
        using Plan one = Plan.Compile(net.Build(1, 8), options: new PlanOptions { PackedWeights = shared });
        using Plan two = Plan.Compile(net.Build(2, 8), options: new PlanOptions { PackedWeights = shared });
        net.Change();
        one.Refresh();
        two.Refresh();
        using Plan alone = Plan.Compile(net.Build(2, 8));
        Assert.Equal(Run(alone), Run(two));
    }

    [Fact]
    public void Variables_that_only_look_alike_are_not_shared()
    {
        using Net net = new();
        using Net other = new(shift: 1);
        using PackedWeights shared = Executor.Default.CreatePackedWeights();
        using Plan one = Plan.Compile(net.Build(1, 8), options: new PlanOptions { PackedWeights = shared });
        using Plan two = Plan.Compile(other.Build(1, 8), options: new PlanOptions { PackedWeights = shared });
        Assert.NotEqual(Run(one), Run(two));
        Assert.Equal(2 * one.Memory.Persistent, shared.Bytes);
    }

    [Fact]
    public void Threads_that_compile_at_once_pack_once()
    {
        using Net net = new();
        using PackedWeights shared = Executor.Default.CreatePackedWeights();
        Plan[] plans = new Plan[6];
        PlanOptions options = new() { PackedWeights = shared };
        Parallel.For(0, plans.Length, i => plans[i] = Plan.Compile(net.Build(1 + (i % 3), 12), options, new WorkerPool(1)));
        Assert.Equal(shared.Bytes, plans.Sum(plan => plan.Memory.Persistent));
        Assert.Single(plans, plan => plan.Memory.Persistent > 0);
        Array.ForEach(plans, plan => plan.Dispose());
    }

    [Fact]
    public void A_store_that_is_disposed_of_early_serves_its_plans_to_their_end_and_takes_no_further_ones()
    {
        using Net net = new();
        PackedWeights shared = Executor.Default.CreatePackedWeights();
        using Plan plan = Plan.Compile(net.Build(1, 8), options: new PlanOptions { PackedWeights = shared });
        float[] before = Run(plan);
        shared.Dispose();
        Assert.Equal(before, Run(plan));
        Assert.Throws<ObjectDisposedException>(
            () => { Plan.Compile(net.Build(1, 8), options: new PlanOptions { PackedWeights = shared }); });
    }

    private static float[] Run(Plan plan)
    {
        GraphRun.Values("x", plan.Graph.Inputs["x"].Shape).CopyTo(plan.Input("x"));
        plan.Run();
        return plan.Output("y").ToArray();
    }

    /// <summary>A convolution with a scale and shift to fold, a linear layer and a table that is added.</summary>
    private sealed class Net : IDisposable
    {
        private readonly Variable _convolution = new("convolution", [32, 3, 3, 8], trainable: true);
        private readonly Variable _scale = new("scale", [32], trainable: true);
        private readonly Variable _shift = new("shift", [32], trainable: true);
        private readonly Variable _linear = new("linear", [10, 32], trainable: true);
        private readonly VariableBlock _block;

        public Net(float shift = 0)
        {
            _block = GraphRun.Block(_convolution, _scale, _shift, _linear);
            _shift.Data[0] += shift;
        }

        public ComputeGraph Build(int batch, int side)
        {
            ComputeGraph graph = new();
            Value x = graph.Input("x", [batch, side, side, 8])
                .Convolution(graph.Read(_convolution), new WindowSpec(3, Padding: 2, Dilation: 2));
            x = ((x * graph.Read(_scale)) + (graph.Read(_shift) * graph.Read(_scale).Exp())).Relu();
            graph.Output("y", x.MatMul(graph.Read(_linear), transposeRight: true));
            return graph;
        }

        public void Change() => _linear.Data.Fill(0.5f);

        public void Dispose() => _block.Dispose();
    }
}
