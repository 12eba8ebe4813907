using System.Diagnostics;
using System.Text;

namespace Fovea.Collectives;

/// <summary>
/// The processes that Open MPI started: by <c>mpirun</c>, or by another launcher that speaks PMIx, such as Slurm's <c>srun</c>. One
/// instance at a time, once in the life of a process.
/// </summary>
public sealed unsafe class MpiCollective : PairwiseCollective
{
    private const int ExchangeTag = 1;
    private const int FailureTag = 2;
    private const int SpinsBeforeSleep = 2000;
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    // MPI may be called by one thread at a time.
    private readonly Lock _gate = new();
    private readonly OpenMpi _mpi;
    private readonly Action<int, int, string> _failed;
    private readonly Thread _watch;
    private volatile bool _isEnding;

    private MpiCollective(OpenMpi mpi, Action<int, int, string> failed)
    {
        (_mpi, _failed) = (mpi, failed);
        int given = 0;
        int rank = 0;
        int size = 0;
        if (mpi.Init(null, null, OpenMpi.ThreadSerialized, &given) != 0 || given < OpenMpi.ThreadSerialized)
        {
            throw new CollectiveException("Open MPI could not be started with calls from several threads: is it another build of it?");
        }

        mpi.CommRank(mpi.World, &rank);
        mpi.CommSize(mpi.World, &size);
        (Rank, Size) = (rank, size);
        _watch = new Thread(Watch) { IsBackground = true, Name = "Fovea watches ranks" };
        _watch.Start();
    }

    /// <summary>True if this process is one of those that Open MPI started together.</summary>
    /// <exception cref="CollectiveException">Another MPI, such as MPICH, started it.</exception>
    public static bool IsLaunched => MpiLaunch.IsOpenMpi(Environment.GetEnvironmentVariable);

    /// <summary>
    /// Number of this process in the words of whatever MPI started it, before the others are met; 0 for a process by itself. So that one of
    /// them tells what is wrong with all.
    /// </summary>
    public static int LaunchedRank => MpiLaunch.RankOf(Environment.GetEnvironmentVariable);

    /// <inheritdoc/>
    public override int Rank { get; }

    /// <inheritdoc/>
    public override int Size { get; }

    /// <summary>Loads Open MPI and meets the other ranks.</summary>
    /// <param name="failed">
    /// Told of the rank that failed first, with its exit code and message, before all processes are ended: on rank 0, or on the rank itself
    /// where rank 0 does not answer.
    /// </param>
    /// <exception cref="CollectiveException">Open MPI is not installed, or another MPI is.</exception>
    public static MpiCollective Start(Action<int, int, string> failed)
    {
        ArgumentNullException.ThrowIfNull(failed);
        return new MpiCollective(new OpenMpi(), failed);
    }

    /// <summary>
    /// Ends all processes because this one cannot go on. Rank 0 has told the user already; any other rank has rank 0 tell its message.
    /// </summary>
    /// <param name="exitCode">Exit code, not 0.</param>
    /// <param name="message">What went wrong.</param>
    public void Fail(int exitCode, string message)
    {
        _isEnding = true;
        if (Rank == 0)
        {
            Abort(exitCode);
        }

        byte[] bytes = [.. BitConverter.GetBytes(exitCode), .. Encoding.UTF8.GetBytes(message)];
        fixed (byte* sent = bytes)
        {
            nint request;
            lock (_gate)
            {
                _mpi.Isend(sent, bytes.Length, _mpi.Byte, 0, FailureTag, _mpi.World, &request);
            }

            // Rank 0 ends this process, too.
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < _patience)
            {
                IsDone(&request, 1);
                Thread.Sleep(_pause);
            }
        }

        _failed(Rank, exitCode, message);
        Abort(exitCode);
    }

    /// <summary>Takes leave of the other ranks, after all of them have come to this point.</summary>
    public override void Dispose()
    {
        if (_isEnding)
        {
            return;
        }

        Barrier();
        _isEnding = true;
        _watch.Join();
        lock (_gate)
        {
            _mpi.Finalize();
        }
    }

    /// <inheritdoc/>
    protected override void Exchange(int partner, ReadOnlySpan<byte> send, Span<byte> receive)
    {
        fixed (byte* sent = send, received = receive)
        {
            nint* requests = stackalloc nint[2];
            int count = 0;
            lock (_gate)
            {
                if (!receive.IsEmpty)
                {
                    _mpi.Irecv(received, receive.Length, _mpi.Byte, partner, ExchangeTag, _mpi.World, requests + count++);
                }

                if (!send.IsEmpty)
                {
                    _mpi.Isend(sent, send.Length, _mpi.Byte, partner, ExchangeTag, _mpi.World, requests + count++);
                }
            }

            for (int spins = 0; count > 0 && !IsDone(requests, count); spins++)
            {
                if (_isEnding)
                {
                    // The memory stays MPI's: this process is ended from outside.
                    Thread.Sleep(_patience);
                    throw new CollectiveException("Another process has failed.");
                }

                if (spins < SpinsBeforeSleep)
                {
                    Thread.SpinWait(10);
                }
                else
                {
                    OpenMpi.Sleep(50);
                }
            }
        }
    }

    private bool IsDone(nint* requests, int count)
    {
        int done = 0;
        lock (_gate)
        {
            _mpi.Testall(count, requests, &done, null);
        }

        return done != 0;
    }

    /// <summary>On rank 0: waits for the message of a rank that fails.</summary>
    private void Watch()
    {
        while (Rank == 0 && !_isEnding)
        {
            Thread.Sleep(_pause);
            if (TakeFailure() is not (int rank, byte[] bytes))
            {
                continue;
            }

            // Most failures are those of all ranks; then this one has its own message, a moment later.
            Thread.Sleep(_grace);
            if (!_isEnding)
            {
                _isEnding = true;
                int exitCode = BitConverter.ToInt32(bytes);
                _failed(rank, exitCode, Encoding.UTF8.GetString(bytes.AsSpan(sizeof(int))));
                Abort(exitCode);
            }
        }
    }

    private (int Rank, byte[] Bytes)? TakeFailure()
    {
        lock (_gate)
        {
            int found = 0;
            OpenMpi.Status status = default;
            _mpi.Iprobe(OpenMpi.AnySource, FailureTag, _mpi.World, &found, &status);
            if (found == 0)
            {
                return null;
            }

            byte[] bytes = new byte[status.Bytes];
            fixed (byte* received = bytes)
            {
                _mpi.Recv(received, bytes.Length, _mpi.Byte, status.Source, FailureTag, _mpi.World, null);
            }

            return (status.Source, bytes);
        }
    }

    private void Abort(int exitCode)
    {
        lock (_gate)
        {
            _mpi.Abort(_mpi.World, exitCode);
        }

        Environment.Exit(exitCode);
    }
}
