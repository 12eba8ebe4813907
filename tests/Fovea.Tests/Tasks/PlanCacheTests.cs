using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Tests.Tasks;

public sealed class PlanCacheTests
{
    private static readonly PlanKey _one = new(1, 8, 8);
    private readonly List<Made> _made = [];

    [Fact]
    public async Task Plans_are_compiled_up_to_the_limit_callers_wait_then_and_all_are_freed_when_they_are_back()
    {
        PlanCache cache = new("Owner", Make, limit: 2);
        PlanCache.Lease one = cache.Rent(_one);
        PlanCache.Lease two = cache.Rent(_one);
        Assert.Equal(_made, [one.Plan, two.Plan]);
        Assert.NotSame(_made[0].Threads, _made[1].Threads);
        Assert.ThrowsAny<OperationCanceledException>(() => cache.Rent(_one, new CancellationToken(canceled: true)));
        using CancellationTokenSource soon = new(20);
        Assert.ThrowsAny<OperationCanceledException>(() => cache.Rent(_one, soon.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.RentAsync(_one, soon.Token));
        Task<PlanCache.Lease> third = cache.RentAsync(_one);
        Assert.False(third.IsCompleted);
        one.Dispose();
        Assert.Same(one.Plan, (await third).Plan);

        // A lease that was returned counts once, even where its plan is rented again.
        one.Dispose();
        Assert.Equal(0, cache.IdlePlans);

        Task<PlanCache.Lease> waiting = cache.RentAsync(_one);
        Task<PlanCache.Lease> waitingThread = Task.Run(() => cache.Rent(_one));
        Task closing = Task.Run(cache.Dispose);
        ObjectDisposedException closed = await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.Equal("Owner", closed.ObjectName);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waitingThread);
        two.Dispose();
        Assert.False(closing.IsCompleted);
        (await third).Dispose();
        await closing;
        Assert.All(_made, plan => Assert.True(plan.Freed));
        Assert.Throws<ObjectDisposedException>(() => cache.Rent(_one));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.RentAsync(_one));
    }

    [Fact]
    public async Task A_caller_that_compiles_holds_nobody_up()
    {
        using ManualResetEventSlim compiling = new();
        using ManualResetEventSlim goOn = new();
        using PlanCache cache = new("Owner", (key, threads) =>
        {
            if (key.Batch == 2)
            {
                compiling.Set();
                goOn.Wait();
            }

            return Make(key, threads);
        }, limit: 2);
        Task slow = Task.Run(() => cache.Rent(_one with { Batch = 2 }).Dispose());
        compiling.Wait();
        for (int i = 0; i < 5; i++)
        {
            cache.Rent(_one).Dispose();
            (await cache.RentAsync(_one)).Dispose();
        }

        Assert.False(slow.IsCompleted);
        Assert.Single(_made);
        goOn.Set();
        await slow;
        Assert.Equal(2, cache.IdlePlans);
    }

    [Fact]
    public void Plans_of_keys_that_were_not_used_for_longest_go_first()
    {
        using PlanCache cache = new("Owner", Make);
        for (int batch = 1; batch <= 5; batch++)
        {
            cache.Rent(_one with { Batch = batch }).Dispose();
        }

        cache.Rent(_one).Dispose();
        cache.Rent(_one with { Batch = 6 }).Dispose();
        Assert.Equal([false, true, false, false, false, false], _made.Select(plan => plan.Freed));
        cache.Rent(_one).Dispose();
        Assert.Equal(6, _made.Count);
        Assert.Equal(5, cache.IdlePlans);
        cache.Refresh();
        Assert.Equal([1, 0, 1, 1, 1, 1], _made.Select(plan => plan.Refreshed));
    }

    [Fact]
    public void A_classifier_keeps_a_plan_for_each_caller_and_power_of_two_up_to_its_batch()
    {
        using Model model = Model.Create("cmt_nano", new ModelOptions(Classes: 3));
        using Classifier classifier = new(model, batchSize: 8, concurrency: 2, sameBitsInBatch: true);
        for (int batch = 1; batch <= 8; batch *= 2)
        {
            PlanKey key = new(batch, classifier.Info.Preprocessing.Height, classifier.Info.Preprocessing.Width);
            using PlanCache.Lease one = classifier.Plans.Rent(key);
            using PlanCache.Lease two = classifier.Plans.Rent(key);
        }

        Assert.Equal(2 * 4, classifier.Plans.IdlePlans);
    }

    [Fact]
    public void A_plan_that_cannot_be_compiled_costs_no_permit()
    {
        bool fails = true;
        using PlanCache cache = new(
            "Owner", (key, threads) => fails ? throw new ShapeException("too small") : Make(key, threads), limit: 2);
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<ShapeException>(() => cache.Rent(_one));
        }

        fails = false;
        using PlanCache.Lease one = cache.Rent(_one);
        using PlanCache.Lease two = cache.Rent(_one);
        Assert.Equal(2, _made.Count);
    }

    private Made Make(PlanKey key, WorkerPool threads)
    {
        Made plan = new(threads);
        lock (_made)
        {
            _made.Add(plan);
        }

        return plan;
    }

    private sealed class Made(WorkerPool threads) : Plan(new ComputeGraph())
    {
        public WorkerPool Threads => threads;

        public bool Freed { get; private set; }

        public int Refreshed { get; private set; }

        public override ulong Seed { get; set; }

        public override ulong Iteration { get; set; }

        public override MemoryFigures Memory => new(0, 0, 0);

        public override void Run() => throw new NotSupportedException();

        public override void Refresh() => Refreshed++;

        public override IReadOnlyList<(string Name, Node? Node, TimeSpan Time)> Profile() => throw new NotSupportedException();

        public override string? FindNonFinite() => throw new NotSupportedException();

        protected override void Dispose(bool disposing) => Freed = true;

        protected override Span<byte> Bytes(Value value) => throw new NotSupportedException();
    }
}
