namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>
/// Packing calls that do not wait for each other, run as one: threads meet once and not after every weight, and each of them fills one
/// stretch of memory. The parts are pieces of the packed memory of one size, whatever the weights are that they belong to.
/// </summary>
internal sealed class JoinedPackCalls : ParallelJob
{
    // Of a size that is still in a processor's own cache when it has been handed out, zeroed, and is filled.
    private const long PieceBytes = 256 << 10;
    private readonly PackCall[] _calls;
    private readonly long[] _starts;

    /// <summary>Joins calls.</summary>
    /// <param name="calls">Calls none of which reads what another one writes, in the order of their memory.</param>
    public JoinedPackCalls(IEnumerable<PackCall> calls)
    {
        _calls = [.. calls];
        _starts = new long[_calls.Length + 1];
        for (int i = 0; i < _calls.Length; i++)
        {
            _starts[i + 1] = _starts[i] + _calls[i].Bytes;
        }
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => (int)((_starts[^1] + PieceBytes - 1) / PieceBytes);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        int call = 0;
        for (int piece = first; piece < last; piece++)
        {
            long start = piece * PieceBytes;
            while (_starts[call + 1] <= start)
            {
                call++;
            }

            for (int i = call; i < _calls.Length && _starts[i] < start + PieceBytes; i++)
            {
                int from = PartAt(i, start);
                int to = PartAt(i, start + PieceBytes);
                if (from < to)
                {
                    _calls[i].Run(phase, from, to, worker);
                }
            }
        }
    }

    /// <summary>The first part of a call that begins at or behind a place.</summary>
    private int PartAt(int call, long place)
    {
        long bytes = _calls[call].Bytes;
        long offset = Math.Clamp(place - _starts[call], 0, bytes);
        return (int)(((offset * _calls[call].Parts(0)) + bytes - 1) / bytes);
    }
}
