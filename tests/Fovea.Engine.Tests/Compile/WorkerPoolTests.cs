using Fovea.Engine.Execution;

namespace Fovea.Engine.Tests.Compile;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_part_of_every_phase_runs_once_also_after_runs_without_steps(int threads)
    {
        CountingJob first = new(phases: 2, parts: 7);
        CountingJob second = new(phases: 1, parts: 2);
        const int Runs = 3000;
        for (int run = 0; run < Runs / 3; run++)
        {
            using WorkerPool pool = new(threads);
            for (int again = 0; again < 3; again++)
            {
                pool.Run([]);
                pool.Run([first, second]);
            }
        }

        Assert.All(first.Counts.Concat(second.Counts), count => Assert.Equal(Runs, count));
    }

    [Fact]
    public void A_failure_on_any_thread_reaches_the_caller_and_the_pool_goes_on()
    {
        using WorkerPool pool = new(2);
        CountingJob work = new(phases: 1, parts: 4);
        Assert.Throws<InvalidOperationException>(() => pool.Run([new FailingJob(), work]));
        pool.Run([work]);
        Assert.Equal([2, 2, 2, 2], work.Counts);
    }

    [Theory]
    [InlineData(3, 2, 2)]
    [InlineData(3, 1, 1)]
    [InlineData(2, 3, 2)]
    public void A_host_runs_what_was_made_for_as_many_threads_and_leaves_other_work_where_it_was(int madeFor, int host, int threads)
    {
        CountingJob work = new(phases: 1, parts: 6);
        using WorkerPool pool = new(madeFor);
        using WorkerPool hosting = new(host);

        hosting.Host(() =>
        {
            pool.Run([work]);
            return true;
        });

        Assert.Equal(threads, work.Ranges);
        Assert.All(work.Counts, count => Assert.Equal(1, count));
        pool.Run([work]);
        Assert.Equal(threads + madeFor, work.Ranges);
    }

    private sealed class CountingJob(int phases, int parts) : ParallelJob
    {
        private int _ranges;

        public int[] Counts { get; } = new int[phases * parts];

        public int Ranges => _ranges;

        public override int Phases => phases;

        public override int Parts(int phase) => parts;

        public override void Run(int phase, int first, int last, int worker)
        {
            Interlocked.Increment(ref _ranges);
            for (int part = first; part < last; part++)
            {
                Interlocked.Increment(ref Counts[(phase * parts) + part]);
            }
        }
    }

    private sealed class FailingJob : ParallelJob
    {
        public override int Parts(int phase) => 2;

        public override void Run(int phase, int first, int last, int worker)
        {
            if (last == 2)
            {
                throw new InvalidOperationException("part 1");
            }
        }
    }
}
