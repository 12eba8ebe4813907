using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Execution;
using Fovea.Engine.Execution.Cpu;
using Fovea.Engine.Execution.Cpu.KernelCalls;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Tests.Compile;

public sealed class JoinedPackCallsTests
{
    private static readonly (int Parts, int Bytes)[] _weights =
        [(1, 4), (7, 100), (48, 3_000_000), (1, 700_000), (3, 12), (300, 1_200_000), (2, 262_144), (96, 96)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_part_of_every_step_runs_once(int threads)
    {
        using Packing packing = new(_weights);
        using WorkerPool pool = new(threads);
        pool.Run([packing.Joined]);
        Assert.All(packing.Runs.SelectMany(runs => runs), runs => Assert.Equal(1, runs));
    }

    [Fact]
    public void Threads_share_the_memory_evenly_whatever_the_weights_are()
    {
        using Packing packing = new(_weights);
        int parts = packing.Joined.Parts(0);
        packing.Joined.Run(0, 0, parts / 2, 0);
        double done = packing.Runs.Zip(_weights, (runs, weight) => (double)runs.Sum() * weight.Bytes / weight.Parts).Sum();
        Assert.InRange(done / _weights.Sum(weight => weight.Bytes), 0.35, 0.65);
    }

    [Fact]
    public void Weights_that_a_product_reads_as_they_are_come_before_those_that_are_computed()
    {
        using VariableBlock block = new(
            [new Variable("plain", [24, 32], trainable: true), new Variable("scaled", [24, 32], trainable: true)]);
        ComputeGraph graph = new();
        Value input = graph.Input("x", [5, 32]);
        Value computed = input.MatMul(graph.Read(block.Variables[1]).Softmax(), transposeRight: true);
        graph.Output("y", computed + input.MatMul(graph.Read(block.Variables[0]), transposeRight: true));
        using Plan plan = Plan.Compile(graph, GraphRun.Single);
        PackCall plain = Assert.Single(plan.Builder().Packing);
        Assert.Same(plain, Assert.Single(plan.Builder().Packing));
        Assert.Single(plan.Builder().ConstantStage.OfType<PackCall>());
    }

    /// <summary>Calls that count how often each of their parts runs.</summary>
    private sealed class Packing : IDisposable
    {
        private readonly AlignedMemory _memory;

        public unsafe Packing((int Parts, int Bytes)[] weights)
        {
            _memory = new AlignedMemory(weights.Sum(weight => weight.Bytes));
            Runs = [.. weights.Select(weight => new int[weight.Parts])];
            CpuBuffer source = new(4, Placement.External, "weights");
            long offset = 0;
            List<PackCall> calls = [];
            foreach (((int parts, int bytes), int[] runs) in weights.Zip(Runs))
            {
                CpuBuffer packed = new(bytes, Placement.Persistent, "packed") { Pointer = _memory.Pointer + offset };
                offset += bytes;
                calls.Add(new PackCall(source, packed, parts, (first, last) => Count(runs, first, last)));
            }

            Joined = new JoinedPackCalls(calls);
        }

        public JoinedPackCalls Joined { get; }

        public int[][] Runs { get; }

        public void Dispose() => _memory.Dispose();

        private static void Count(int[] runs, int first, int last)
        {
            for (int part = first; part < last; part++)
            {
                Interlocked.Increment(ref runs[part]);
            }
        }
    }
}
