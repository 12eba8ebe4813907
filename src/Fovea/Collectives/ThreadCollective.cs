using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Fovea.Collectives;

/// <summary>Ranks as threads of one process, for tests of what runs on several processes.</summary>
internal sealed class ThreadCollective : PairwiseCollective
{
    private readonly Job _job;

    private ThreadCollective(Job job, int rank) => (_job, Rank) = (job, rank);

    /// <inheritdoc/>
    public override int Rank { get; }

    /// <inheritdoc/>
    public override int Size => _job.Size;

    /// <summary>Runs work on several ranks, a thread each, and waits for all of them.</summary>
    /// <param name="size">Number of ranks.</param>
    /// <param name="work">The work of a rank.</param>
    /// <exception cref="Exception">The first error of a rank; the others end as they come to their next exchange.</exception>
    public static void Run(int size, Action<ICollective> work)
    {
        using Job job = new(size);
        Thread[] threads =
        [
            .. Enumerable.Range(0, size).Select(rank => new Thread(() => job.Guard(() => work(new ThreadCollective(job, rank))))
            {
                IsBackground = true,
                Name = $"Fovea rank {rank}",
            }),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        job.Failure?.Throw();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    protected override void Exchange(int partner, ReadOnlySpan<byte> send, Span<byte> receive)
    {
        if (!send.IsEmpty)
        {
            _job.Way(Rank, partner).Add(send.ToArray());
        }

        if (!receive.IsEmpty)
        {
            _job.Receive(partner, Rank).CopyTo(receive);
        }
    }

    /// <summary>The ways from each rank to each other, and the first failure of a rank.</summary>
    private sealed class Job : IDisposable
    {
        private readonly BlockingCollection<byte[]>[] _ways;
        private readonly CancellationTokenSource _failed = new();
        private ExceptionDispatchInfo? _failure;

        public Job(int size) => (Size, _ways) = (size, [.. Enumerable.Range(0, size * size).Select(_ => new BlockingCollection<byte[]>())]);

        public int Size { get; }

        public ExceptionDispatchInfo? Failure => _failure;

        public BlockingCollection<byte[]> Way(int from, int to) => _ways[(from * Size) + to];

        public byte[] Receive(int from, int to)
        {
            try
            {
                return Way(from, to).Take(_failed.Token);
            }
            catch (OperationCanceledException error)
            {
                throw new CollectiveException("Another rank has failed.", error);
            }
        }

        public void Guard(Action work)
        {
            try
            {
                work();
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(error), null);
                _failed.Cancel();
            }
        }

        public void Dispose()
        {
            Array.ForEach(_ways, way => way.Dispose());
            _failed.Dispose();
        }
    }
}
