using System.Collections.Concurrent;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;

namespace Fovea.Server.Tests;

public sealed class BatchQueueTests
{
    [Fact]
    public async Task What_waits_together_runs_together_in_batches_that_are_powers_of_two()
    {
        using Gate gate = new();
        using BatchQueue<int, int> queue = gate.Queue(maxBatch: 8);
        Task<BatchedResult<int>> first = queue.AddAsync(0, default);
        gate.WaitForRun();
        Task<BatchedResult<int>>[] waiting = [.. Enumerable.Range(1, 14).Select(item => queue.AddAsync(item, default))];

        gate.Open();

        BatchedResult<int>[] results = await Task.WhenAll([first, .. waiting]);
        Assert.Equal(Enumerable.Range(0, 15).Select(item => -item), results.Select(result => result.Value));
        Assert.Equal([1, 8, 4, 2], gate.Batches.Select(batch => batch.Length));
    }

    [Fact]
    public async Task Who_leaves_before_the_run_is_not_run_and_who_is_in_it_is_answered()
    {
        using Gate gate = new();
        using BatchQueue<int, int> queue = gate.Queue(maxBatch: 8);
        using CancellationTokenSource leaving = new();
        Task<BatchedResult<int>> running = queue.AddAsync(1, default);
        gate.WaitForRun();
        Task<BatchedResult<int>> leaver = queue.AddAsync(2, leaving.Token);
        Task<BatchedResult<int>> waiting = queue.AddAsync(3, default);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        gate.Open();

        Assert.Equal((-1, -3), ((await running).Value, (await waiting).Value));
        Assert.DoesNotContain(gate.Batches, batch => batch.Contains(2));
    }

    [Fact]
    public async Task A_run_that_fails_is_its_own_batchs_error_and_no_others()
    {
        using BatchQueue<int, int> queue = new(
            new FoveaServerOptions(), 1, new Admission(8), batch => [10 / batch[0]], (_, _) => { });

        await Assert.ThrowsAsync<DivideByZeroException>(() => queue.AddAsync(0, default));
        Assert.Equal(5, (await queue.AddAsync(2, default)).Value);
    }

    [Fact]
    public async Task What_waits_when_the_queue_ends_is_still_answered()
    {
        using Gate gate = new();
        BatchQueue<int, int> queue = gate.Queue(maxBatch: 2);
        Task<BatchedResult<int>>[] waiting = [.. Enumerable.Range(1, 5).Select(item => queue.AddAsync(item, default))];
        gate.Open();

        queue.Dispose();

        Assert.Equal([-1, -2, -3, -4, -5], (await Task.WhenAll(waiting)).Select(result => result.Value));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => queue.AddAsync(6, default));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    public async Task A_batch_that_is_alone_runs_on_all_threads_and_one_among_others_on_its_lanes_share(int admitted, int threads)
    {
        using WorkerPool all = new(2);
        ComputeGraph graph = new();
        graph.Output("threads", graph.Apply(new TellThreads(), graph.Input("parts", [2])));
        using Plan plan = Plan.Compile(graph, all);
        Admission admission = new(8);
        admission.TryEnter(admitted);
        admission.Prepared(admitted);
        using BatchQueue<int, float> queue = new(
            new FoveaServerOptions { Threads = 2 },
            1,
            admission,
            _ =>
            {
                plan.Run();
                return [plan.Output("threads").ToArray().Distinct().Count()];
            },
            (_, _) => { });

        Assert.Equal(threads, (await queue.AddAsync(0, default)).Value);
    }

    [Fact]
    public void Images_are_admitted_all_or_none()
    {
        Admission admission = new(4);

        Assert.True(admission.TryEnter(3));
        Assert.False(admission.TryEnter(2));
        Assert.True(admission.TryEnter(1));
        admission.Leave(2);
        Assert.True(admission.TryEnter(2));
        Assert.Equal(4, admission.Admitted);
    }

    /// <summary>Tells the thread of each of two parts.</summary>
    private sealed record TellThreads : CustomOperation
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => inputs;

        public override int Parts(Node node) => 2;

        public override void Compute(OperationRun run) => run.Output()[run.First..run.Last].Fill(Environment.CurrentManagedThreadId);
    }

    /// <summary>Runs that begin and wait until they may go on.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly ManualResetEventSlim _open = new();
        private readonly SemaphoreSlim _runs = new(0);

        public ConcurrentQueue<int[]> Batches { get; } = [];

        public BatchQueue<int, int> Queue(int maxBatch) =>
            new(new FoveaServerOptions { Concurrency = 1 }, maxBatch, new Admission(100), Run, (_, _) => { });

        public void WaitForRun() => _runs.Wait();

        public void Open() => _open.Set();

        public void Dispose()
        {
            _open.Set();
            _open.Dispose();
            _runs.Dispose();
        }

        private IReadOnlyList<int> Run(IReadOnlyList<int> batch)
        {
            Batches.Enqueue([.. batch]);
            _runs.Release();
            _open.Wait();
            return [.. batch.Select(item => -item)];
        }
    }
}
