using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Tests.Tasks;

/// <summary>Disposal while callers ask: none waits for ever, and none is served by what is gone.</summary>
public sealed class DisposalTests
{
    private const int Rounds = 1000;

    // Far beyond what any machine needs: only a caller that never returns reaches it.
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private static readonly PlanKey _one = new(1, 8, 8);

    [Fact]
    public async Task Every_caller_of_a_cache_returns_whenever_it_is_disposed_of()
    {
        int served = 0;
        for (int round = 0; round < Rounds; round++)
        {
            PlanCache cache = new("Owner", (_, _) => new Idle(), limit: 1 + (round % 3));
            Task[] callers = Callers(
                () =>
                {
                    using PlanCache.Lease lease = cache.Rent(_one);
                    lease.Plan.Run();
                    Interlocked.Increment(ref served);
                },
                async () =>
                {
                    using PlanCache.Lease lease = await cache.RentAsync(_one);
                    lease.Plan.Run();
                    Interlocked.Increment(ref served);
                });
            Thread.SpinWait(round % 7 * 500);
            cache.Dispose();
            await Task.WhenAll(callers).WaitAsync(_patience);
        }

        Assert.True(served > 0);
    }

    [Fact]
    public async Task Callers_that_wait_or_come_later_are_turned_away_while_one_inside_is_served()
    {
        PlanCache cache = new("Owner", (_, _) => new Idle());
        PlanCache.Lease inside = cache.Rent(_one);
        Task[] waiting = Callers(() => cache.Rent(_one).Dispose(), async () => (await cache.RentAsync(_one)).Dispose());
        Task closing = Task.Factory.StartNew(cache.Dispose, TaskCreationOptions.LongRunning);
        await Task.WhenAll(waiting).WaitAsync(_patience);
        Assert.Throws<ObjectDisposedException>(() => cache.Rent(_one));
        Assert.False(closing.IsCompleted);
        inside.Plan.Run();
        inside.Dispose();
        await closing.WaitAsync(_patience);
    }

    [Fact]
    public async Task What_a_caller_goes_on_with_does_not_run_inside_the_disposal()
    {
        PlanCache cache = new("Owner", (_, _) => new Idle());
        PlanCache.Lease inside = cache.Rent(_one);
        using ManualResetEventSlim goOn = new();
        Task waiting = Ask();
        Task closing = Task.Factory.StartNew(cache.Dispose, TaskCreationOptions.LongRunning);
        inside.Dispose();
        await closing.WaitAsync(_patience);
        goOn.Set();
        await waiting.WaitAsync(_patience);

        async Task Ask()
        {
            try
            {
                (await cache.RentAsync(_one).ConfigureAwait(false)).Dispose();
            }
            catch (ObjectDisposedException)
            {
                // A caller may do anything now, such as wait for what happens after the disposal.
                goOn.Wait();
            }
        }
    }

    [Fact]
    public async Task Hundreds_that_wait_are_all_turned_away()
    {
        PlanCache cache = new("Owner", (_, _) => new Idle());
        PlanCache.Lease inside = cache.Rent(_one);
        Task[] waiting =
        [
            .. Enumerable.Range(0, 24).Select(_ => Task.Factory.StartNew(
                () => Assert.Throws<ObjectDisposedException>(() => cache.Rent(_one)), TaskCreationOptions.LongRunning)),
            .. Enumerable.Range(0, 2000).Select(_ => Assert.ThrowsAsync<ObjectDisposedException>(() => cache.RentAsync(_one))),
        ];
        Task closing = Task.Factory.StartNew(cache.Dispose, TaskCreationOptions.LongRunning);
        await Task.WhenAll(waiting).WaitAsync(_patience);
        inside.Dispose();
        await closing.WaitAsync(_patience);
    }

    [Fact]
    public async Task Classifiers_and_feature_extractors_end_under_load()
    {
        using FreshCheckpoint fresh = new();
        float[] image = fresh.Prepared(1);
        for (int round = 0; round < 12; round++)
        {
            Classifier classifier = Classifier.Load(fresh.Path, concurrency: 1 + (round % 2));
            Task[] callers = Callers(
                () => classifier.Predict(image, new float[3]),
                async () => await classifier.PredictAsync(FreshCheckpoint.Image(1)));
            Thread.SpinWait(round * 2000);
            classifier.Dispose();
            await Task.WhenAll(callers).WaitAsync(_patience);

            FeatureExtractor extractor = FeatureExtractor.Load(fresh.Path, concurrency: 1 + (round % 2));
            callers = Callers(() => extractor.Extract(image), () => Task.Run(() => extractor.Extract(image)));
            Thread.SpinWait(round * 2000);
            extractor.Dispose();
            await Task.WhenAll(callers).WaitAsync(_patience);
        }
    }

    [Fact]
    public async Task Detectors_end_under_load()
    {
        using FreshDetector fresh = new("mask_rcnn");
        for (int round = 0; round < 6; round++)
        {
            Detector detector = Detector.Load(fresh.Path, concurrency: 1 + (round % 2));
            Task[] callers = Callers(
                () => detector.Detect(FreshDetector.Image(1)), () => Task.Run(() => detector.Detect(FreshDetector.Image(2))));
            Thread.SpinWait(round * 20_000);
            detector.Dispose();
            await Task.WhenAll(callers).WaitAsync(_patience);
        }
    }

    /// <summary>Eight callers that ask until they are told that all is over: four on threads of their own, four without.</summary>
    private static Task[] Callers(Action ask, Func<Task> askAsync) =>
    [
        .. Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () => Assert.Throws<ObjectDisposedException>(() => Forever(ask)), TaskCreationOptions.LongRunning)),
        .. Enumerable.Range(0, 4).Select(_ => Task.Run(() => Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            while (true)
            {
                await askAsync().ConfigureAwait(false);
            }
        }))),
    ];

    private static void Forever(Action ask)
    {
        while (true)
        {
            ask();
        }
    }

    /// <summary>Plan that does nothing, and tells when it is used after its end or by two callers.</summary>
    private sealed class Idle() : Plan(new ComputeGraph())
    {
        private int _users;
        private bool _freed;

        public override ulong Seed { get; set; }

        public override ulong Iteration { get; set; }

        public override MemoryFigures Memory => new(0, 0, 0);

        public override void Run()
        {
            Assert.Equal(1, Interlocked.Increment(ref _users));
            Thread.SpinWait(20);
            Assert.False(_freed);
            Interlocked.Decrement(ref _users);
        }

        public override void Refresh()
        {
        }

        public override IReadOnlyList<(string Name, Node? Node, TimeSpan Time)> Profile() => throw new NotSupportedException();

        public override string? FindNonFinite() => throw new NotSupportedException();

        protected override void Dispose(bool disposing) => _freed = true;

        protected override Span<byte> Bytes(Value value) => throw new NotSupportedException();
    }
}
