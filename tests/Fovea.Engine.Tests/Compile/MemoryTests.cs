using Fovea.Engine.Compile.Buffers;
using Fovea.Engine.Execution;
using Fovea.Engine.Execution.Cpu;
using Fovea.Engine.Memory;
using Fovea.Engine.Optimization;

namespace Fovea.Engine.Tests.Compile;

public sealed class MemoryTests
{
    [Fact]
    public unsafe void Memory_that_the_system_hands_out_early_keeps_what_stands_in_it()
    {
        const int floats = 300_000;
        using AlignedMemory memory = new(floats * sizeof(float));
        Span<float> values = memory.Floats(0, floats);
        for (int i = 0; i < floats; i += 7)
        {
            values[i] = i;
        }

        foreach ((int start, int bytes) in ((int, int)[])[(0, floats * sizeof(float)), (5, 4096), (4096, 0), (100, 9000), (0, 1)])
        {
            SystemMemory.Populate(memory.Pointer + start, bytes);
        }

        for (int i = 0; i < floats; i++)
        {
            Assert.Equal(i % 7 == 0 ? i : 0, values[i]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    [InlineData((4 << 20) - 1)]
    [InlineData(4 << 20)]
    [InlineData((9 << 20) + 12)]
    public unsafe void Memory_in_huge_pages_is_zeroed_aligned_and_followed_by_a_readable_line(long bytes)
    {
        using AlignedMemory memory = new(bytes, hugePages: true);
        Assert.Equal(bytes, memory.Bytes);
        Assert.Equal(0, (long)memory.Pointer % 64);
        for (long i = 0; i < bytes; i += 4096)
        {
            Assert.Equal(0, memory.Pointer[i]);
            memory.Pointer[i] = 1;
        }

        Assert.Equal(-1, new ReadOnlySpan<byte>(memory.Pointer + bytes, 64).IndexOfAnyExcept<byte>(0));
    }

    [Fact]
    public void Buffers_alive_at_the_same_time_never_overlap()
    {
        Random random = new(3);
        for (int round = 0; round < 200; round++)
        {
            List<PlannedBuffer> buffers = [];
            for (int i = 1 + random.Next(60); i > 0; i--)
            {
                PlannedBuffer buffer = new(1 + random.Next(round % 3 == 0 ? 70 : 5000), Placement.Arena, $"{i}");
                int first = random.Next(30);
                buffer.UsedAt(first);
                buffer.UsedAt(first + random.Next(8));
                buffers.Add(buffer);
            }

            long bytes = MemoryPlanner.ShareOverTime(buffers);
            foreach (PlannedBuffer a in buffers)
            {
                Assert.Equal(0, a.Offset % 64);
                Assert.InRange(a.Offset + a.Bytes, 0, bytes - 64);
                Assert.DoesNotContain(buffers, b => b != a
                    && a.FirstCall <= b.LastCall && b.FirstCall <= a.LastCall
                    && a.Offset < b.Offset + b.Bytes + 64 && b.Offset < a.Offset + a.Bytes + 64);
            }
        }
    }

    [Fact]
    public void Buffers_one_after_another_share_memory()
    {
        PlannedBuffer[] chain = [.. Enumerable.Range(0, 50).Select(_ => new PlannedBuffer(6400, Placement.Arena, ""))];
        for (int i = 0; i < chain.Length; i++)
        {
            chain[i].UsedAt(i);
            chain[i].UsedAt(i + 1);
        }

        Assert.Equal(2 * (6400 + 64), MemoryPlanner.ShareOverTime(chain));
    }

    [Fact]
    public void A_buffer_takes_the_narrow_gap_and_leaves_the_wide_one_to_two_others()
    {
        // Lines and calls: three that stay, two between them that end early, and three that begin later in what those left.
        (int Lines, int First, int Last)[] buffers =
            [(1000, 0, 9), (579, 0, 4), (500, 0, 9), (309, 0, 4), (300, 0, 9), (299, 5, 9), (289, 5, 9), (289, 5, 9)];
        PlannedBuffer[] planned = [.. buffers.Select(buffer => new PlannedBuffer(64 * buffer.Lines, Placement.Arena, ""))];
        for (int i = 0; i < buffers.Length; i++)
        {
            planned[i].UsedAt(buffers[i].First);
            planned[i].UsedAt(buffers[i].Last);
        }

        Assert.Equal(planned.Take(5).Sum(MemoryPlanner.SizeOf), MemoryPlanner.ShareOverTime(planned));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_step_finds_what_it_reads_as_it_was_written(bool training)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            using RandomGraphs made = new(seed, training);
            using GradientBlock gradients = made.Gradients();
            using Plan plan = Plan.Compile(made.Graph, GraphRun.Single, gradients, accumulate: training && seed % 2 == 1);
            Follow(plan, seed);
        }
    }

    /// <summary>Goes through two runs call by call and keeps account of which buffer's content lies where.</summary>
    private static void Follow(Plan plan, int seed)
    {
        List<CpuBuffer> present = [.. plan.Graph.Inputs.Values.Select(plan.Builder().BufferOf)];
        foreach (KernelCall call in plan.Builder().Calls.Concat(plan.Builder().Calls))
        {
            foreach (CpuBuffer read in call.Reads.Where(read => read.Placement is Placement.Arena or Placement.Boundary))
            {
                Assert.True(present.Contains(read), $"seed {seed}: {call.Node} reads {read.Name}, which was overwritten");
            }

            foreach (CpuBuffer temporary in call.Temporaries)
            {
                Assert.DoesNotContain(
                    call.Reads.Concat(call.Writes).Concat(call.Temporaries), other => other != temporary && Overlap(temporary, other));
            }

            foreach (CpuBuffer written in call.Writes)
            {
                Assert.DoesNotContain(
                    call.Reads,
                    read => Overlap(read, written) && (!call.Overwritable.Contains(read) || read.Pointer() != written.Pointer()));
                Assert.DoesNotContain(call.Writes, other => other != written && Overlap(other, written));
            }

            present.RemoveAll(buffer => call.Temporaries.Concat(call.Writes).Any(changed => Overlap(changed, buffer)));
            present.AddRange(call.Writes);
        }

        // Inputs are still there for a third run, and outputs for the caller.
        Assert.All(plan.Graph.Inputs.Values, input => Assert.Contains(plan.Builder().BufferOf(input), present));
        Assert.All(
            plan.Graph.Outputs.Values.Select(plan.Builder().BufferOf).Where(buffer => buffer.Placement == Placement.Arena),
            output => Assert.Contains(output, present));
    }

    private static bool Overlap(CpuBuffer a, CpuBuffer b) => a.Pointer() < b.Pointer() + b.Bytes && b.Pointer() < a.Pointer() + a.Bytes;
}

/// <summary>Addresses as numbers.</summary>
internal static class Addresses
{
    public static unsafe long Pointer(this CpuBuffer buffer) => (long)buffer.Pointer;
}
