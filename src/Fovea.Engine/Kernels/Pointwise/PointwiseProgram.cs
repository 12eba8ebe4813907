using System.Runtime.CompilerServices;

namespace Fovea.Engine.Kernels;

/// <summary>
/// A chain of element-wise operations over one iteration space of rows × columns (columns = channels), run in one pass, tile by tile,
/// so that what lies between the operations never leaves the L1 cache. Built once; running allocates nothing.
/// An output may be the very memory of a <see cref="PointwiseBroadcast.Full"/> input. After all parts have run, the column sums
/// are ready once <see cref="Merge"/> has run over all of its parts.
/// </summary>
internal sealed unsafe partial class PointwiseProgram
{
    private const int TileTarget = 384;
    private const int TileLimit = 1024;
    private const int MaxParts = 64;
    private const int MergeColumns = 256;

    private readonly long _count;
    private readonly int _columns;
    private readonly int _tileLength;
    private readonly int _piecesPerRow;
    private readonly int _tileStride;
    private readonly long _tiles;
    private readonly long _tilesPerPart;
    private readonly PointwiseProgramInstruction[] _instructions;
    private readonly PointwiseOutput[] _outputs;
    private readonly StridedBroadcast?[] _gathers;
    private readonly PointwiseBroadcast[] _patterns;
    private readonly int[] _slots;
    private readonly int[] _accumulators;
    private readonly bool[] _direct;
    private readonly int _sums;
    private readonly Step[] _steps;
    private readonly int _period;

    /// <summary>Builds a program over <paramref name="rows"/> × <paramref name="columns"/> elements.</summary>
    /// <param name="rows">Rows of the iteration space.</param>
    /// <param name="columns">Its last dimension: what a <see cref="PointwiseBroadcast.Column"/> input and a column sum have.</param>
    /// <param name="inputs">The inputs, registers 0 … inputs.Length − 1.</param>
    /// <param name="instructions">The operations in order; each destination is a new register.</param>
    /// <param name="outputs">The outputs, in the order of the pointers given to <see cref="Run"/>.</param>
    /// <exception cref="ArgumentException">
    /// A register is read before it is written, written twice, or an input's shape does not fit.
    /// </exception>
    public PointwiseProgram(
        long rows, int columns, PointwiseInput[] inputs, PointwiseProgramInstruction[] instructions, PointwiseOutput[] outputs)
    {
        _count = rows * columns;
        _instructions = instructions;
        _outputs = outputs;
        int registers = CheckRegisters(inputs.Length, instructions, outputs);
        _patterns = new PointwiseBroadcast[inputs.Length];
        _gathers = new StridedBroadcast?[inputs.Length];
        bool structured = Array.Exists(outputs, output => output.SumOverRows);
        for (int i = 0; i < inputs.Length; i++)
        {
            (_patterns[i], _gathers[i]) = Normalize(inputs[i], rows, columns);
            structured |= _patterns[i] == PointwiseBroadcast.Column;
        }

        // Where nothing depends on the columns, the space is one flat run of elements.
        _columns = structured ? columns : 1;
        (_tileLength, _piecesPerRow, _period) = ChooseTile(_columns);
        _tiles = _piecesPerRow == 1 ? (_count + _tileLength - 1) / _tileLength : rows * _piecesPerRow;
        _tileStride = (_tileLength + 15) / 16 * 16 + 16;

        _sums = outputs.Count(output => output.SumOverRows);
        _tilesPerPart = (_tiles + MaxParts - 1) / MaxParts;
        if (_sums > 0)
        {
            // A partial sum costs a row of writing and reading: a part should hold many rows.
            _tilesPerPart = Math.Max(_tilesPerPart, Math.Max(32, 16L * _columns / _tileLength));
        }

        Parts = (int)((_tiles + _tilesPerPart - 1) / _tilesPerPart);
        _steps = Array.ConvertAll(instructions, Step.Of);
        _direct = FindDirectStores(registers, inputs.Length);
        (_slots, _accumulators, int slots) = AssignSlots(registers, inputs.Length);
        ScratchFloats = (long)slots * _tileStride;
    }

    /// <summary>The number of independent parts, which follows from the shape alone.</summary>
    public int Parts { get; }

    /// <summary>Floats of scratch memory that each concurrent <see cref="Run"/> needs.</summary>
    public long ScratchFloats { get; }

    /// <summary>Floats of the buffer in which parts leave their column sums; 0 where there are none.</summary>
    public long PartialsFloats => (long)_sums * Parts * _columns;

    /// <summary>The number of independent parts of <see cref="Merge"/>; 0 where there are no column sums.</summary>
    public int MergeParts => _sums == 0 ? 0 : (_columns + MergeColumns - 1) / MergeColumns;

    /// <summary>Runs the parts [first, last).</summary>
    /// <param name="inputs">One pointer per input.</param>
    /// <param name="outputs">One pointer per output; those of column sums are not touched here.</param>
    /// <param name="partials">The partial sums, <see cref="PartialsFloats"/> floats shared by all parts.</param>
    /// <param name="first">First part.</param>
    /// <param name="last">One past the last part.</param>
    /// <param name="scratch">Memory of this call's own, <see cref="ScratchFloats"/> floats.</param>
    public void Run(float** inputs, float** outputs, float* partials, int first, int last, float* scratch)
    {
        float** registers = stackalloc float*[_slots.Length];
        for (int r = 0; r < _slots.Length; r++)
        {
            registers[r] = scratch + (long)Math.Max(_slots[r], 0) * _tileStride;
        }

        PrepareConstants(inputs, registers);
        for (int part = first; part < last; part++)
        {
            ClearSums(partials, part, scratch);
            long end = Math.Min(_tiles, (part + 1) * _tilesPerPart);
            for (long tile = part * _tilesPerPart; tile < end; tile++)
            {
                RunTile(tile, part, inputs, outputs, partials, registers, scratch);
            }

            FoldSums(partials, part, scratch);
        }
    }

    /// <summary>Adds up the partial column sums of all parts, for the merge parts [first, last), in a fixed order.</summary>
    public void Merge(float* partials, float** outputs, int first, int last)
    {
        int begin = first * MergeColumns;
        int width = Math.Min(_columns, last * MergeColumns) - begin;
        int sum = 0;
        for (int o = 0; o < _outputs.Length; o++)
        {
            if (_outputs[o].SumOverRows)
            {
                new Span<float>(outputs[o] + begin, width).Clear();
                for (int part = 0; part < Parts; part++)
                {
                    PointwiseLoops.Accumulate(outputs[o] + begin, Partial(partials, sum, part) + begin, width);
                }

                sum++;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunTile(
        long tile, int part, float** inputs, float** outputs, float* partials, float** registers, float* scratch)
    {
        long row = _piecesPerRow == 1 ? 0 : tile / _piecesPerRow;
        int column = _piecesPerRow == 1 ? 0 : (int)(tile % _piecesPerRow) * _tileLength;
        long start = _piecesPerRow == 1 ? tile * _tileLength : row * _columns + column;
        int length = (int)Math.Min(_tileLength, _piecesPerRow == 1 ? _count - start : _columns - column);
        int padded = (length + 7) & ~7;
        PlaceInputs(inputs, registers, start, length, column);

        // A store without padding happens in the instruction itself; otherwise the result is copied at the end.
        bool direct = padded == length;
        for (int o = 0; direct && o < _outputs.Length; o++)
        {
            if (_direct[o])
            {
                registers[_outputs[o].Register] = outputs[o] + start;
            }
        }

        foreach (ref readonly Step step in _steps.AsSpan())
        {
            step.Loop(
                registers[step.Destination], registers[step.A], registers[step.B], registers[step.C], step.Immediate, padded);
        }

        // Sums come before stores: a store may overwrite the input that a sum reads.
        int sum = 0;
        foreach (ref readonly PointwiseOutput output in _outputs.AsSpan())
        {
            if (output.SumOverRows)
            {
                if (_piecesPerRow == 1)
                {
                    float* sums = scratch + (long)_accumulators[sum] * _tileStride;
                    PointwiseLoops.AccumulatePeriods(sums, registers[output.Register], _period, length);
                }
                else
                {
                    PointwiseLoops.Accumulate(Partial(partials, sum, part) + column, registers[output.Register], length);
                }

                sum++;
            }
        }

        for (int o = 0; o < _outputs.Length; o++)
        {
            if (!_outputs[o].SumOverRows && (!direct || !_direct[o]))
            {
                PointwiseLoops.Copy(outputs[o] + start, registers[_outputs[o].Register], length);
            }
        }

        for (int o = 0; direct && o < _outputs.Length; o++)
        {
            int register = _outputs[o].Register;
            if (_direct[o])
            {
                registers[register] = scratch + (long)_slots[register] * _tileStride;
            }
        }
    }

    private void PrepareConstants(float** inputs, float** registers)
    {
        for (int i = 0; i < _patterns.Length; i++)
        {
            if (_patterns[i] == PointwiseBroadcast.Scalar)
            {
                new Span<float>(registers[i], _tileStride).Fill(*inputs[i]);
            }
            else if (_patterns[i] == PointwiseBroadcast.Column && _slots[i] >= 0)
            {
                for (int at = 0; at < _tileLength; at += _columns)
                {
                    PointwiseLoops.Copy(registers[i] + at, inputs[i], _columns);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PlaceInputs(float** inputs, float** registers, long start, int length, int column)
    {
        for (int i = 0; i < _patterns.Length; i++)
        {
            switch (_patterns[i])
            {
                case PointwiseBroadcast.Full:
                    registers[i] = inputs[i] + start;
                    break;
                case PointwiseBroadcast.Column when _slots[i] < 0:
                    registers[i] = inputs[i] + column;
                    break;
                case PointwiseBroadcast.General:
                    _gathers[i]!.Gather(inputs[i], start, length, registers[i]);
                    break;
            }
        }
    }

    private void ClearSums(float* partials, int part, float* scratch)
    {
        for (int sum = 0; sum < _sums; sum++)
        {
            new Span<float>(Partial(partials, sum, part), _columns).Clear();
            if (_piecesPerRow == 1)
            {
                new Span<float>(scratch + (long)_accumulators[sum] * _tileStride, _period).Clear();
            }
        }
    }

    private void FoldSums(float* partials, int part, float* scratch)
    {
        for (int sum = 0; _piecesPerRow == 1 && sum < _sums; sum++)
        {
            float* accumulator = scratch + (long)_accumulators[sum] * _tileStride;
            for (int at = 0; at < _period; at += _columns)
            {
                PointwiseLoops.Accumulate(Partial(partials, sum, part), accumulator + at, _columns);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private float* Partial(float* partials, int sum, int part) => partials + ((long)sum * Parts + part) * _columns;

    /// <summary>An instruction with the loop that runs it.</summary>
    private readonly struct Step
    {
        public delegate*<float*, float*, float*, float*, float, nint, void> Loop { get; private init; }

        public int Destination { get; private init; }

        public int A { get; private init; }

        public int B { get; private init; }

        public int C { get; private init; }

        public float Immediate { get; private init; }

        public static Step Of(PointwiseProgramInstruction instruction) => new()
        {
            Loop = PointwiseLoops.Of(instruction.Opcode),
            Destination = instruction.Destination,
            A = instruction.A,
            B = instruction.B,
            C = instruction.C,
            Immediate = instruction.Immediate,
        };
    }
}
