namespace Fovea.Engine.Compile.Cpu.Steps;

/// <summary>
/// Packing steps that do not wait for each other, run as one: threads meet once and not after every weight, and each of them fills one stretch of memory.
/// The parts are pieces of the packed memory of one size, whatever the weights are that they belong to.
/// </summary>
internal sealed class JoinedPackSteps : Work
{
    // Of a size that is still in a processor's own cache when it has been handed out, zeroed, and is filled.
    private const long PieceBytes = 256 << 10;
    private readonly PackStep[] _steps;
    private readonly long[] _starts;

    /// <summary>Joins steps.</summary>
    /// <param name="steps">Steps none of which reads what another one writes, in the order of their memory.</param>
    public JoinedPackSteps(IEnumerable<PackStep> steps)
    {
        _steps = [.. steps];
        _starts = new long[_steps.Length + 1];
        for (int i = 0; i < _steps.Length; i++)
        {
            _starts[i + 1] = _starts[i] + _steps[i].Bytes;
        }
    }

    /// <inheritdoc/>
    public override int Parts(int phase) => (int)((_starts[^1] + PieceBytes - 1) / PieceBytes);

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        int step = 0;
        for (int piece = first; piece < last; piece++)
        {
            long start = piece * PieceBytes;
            while (_starts[step + 1] <= start)
            {
                step++;
            }

            for (int i = step; i < _steps.Length && _starts[i] < start + PieceBytes; i++)
            {
                int from = PartAt(i, start);
                int to = PartAt(i, start + PieceBytes);
                if (from < to)
                {
                    _steps[i].Run(phase, from, to, worker);
                }
            }
        }
    }

    /// <summary>The first part of a step that begins at or behind a place.</summary>
    private int PartAt(int step, long place)
    {
        long bytes = _steps[step].Bytes;
        long offset = Math.Clamp(place - _starts[step], 0, bytes);
        return (int)(((offset * _steps[step].Parts(0)) + bytes - 1) / bytes);
    }
}
