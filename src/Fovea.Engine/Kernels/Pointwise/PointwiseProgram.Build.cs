using System.Numerics;

namespace Fovea.Engine.Kernels;

/// <content>Building: checks, tile shape, register slots.</content>
internal sealed unsafe partial class PointwiseProgram
{
    private static int CheckRegisters(int inputs, PointwiseProgramInstruction[] instructions, PointwiseOutput[] outputs)
    {
        HashSet<int> known = [.. Enumerable.Range(0, inputs)];
        foreach (PointwiseProgramInstruction instruction in instructions)
        {
            int[] sources = [instruction.A, instruction.B, instruction.C];
            foreach (int source in sources.AsSpan(0, instruction.Sources))
            {
                if (!known.Contains(source))
                {
                    throw new ArgumentException($"{instruction} reads register {source} before it is written.", nameof(instructions));
                }
            }

            if (!known.Add(instruction.Destination) || instruction.Destination < 0)
            {
                throw new ArgumentException(
                    $"{instruction} writes register {instruction.Destination}; each result needs a new register.", nameof(instructions));
            }
        }

        foreach (PointwiseOutput output in outputs)
        {
            // A stored input would have to be read before another output overwrites it in place.
            if (!known.Contains(output.Register) || (!output.SumOverRows && output.Register < inputs))
            {
                throw new ArgumentException($"{output} must name a computed register (use Copy to store an input).", nameof(outputs));
            }
        }

        return known.Max() + 1;
    }

    private static (PointwiseBroadcast Pattern, StridedBroadcast? Gather) Normalize(PointwiseInput input, long rows, int columns)
    {
        switch (input.Broadcast)
        {
            case PointwiseBroadcast.Column when columns == 1 || rows == 1:
                return (rows == 1 ? PointwiseBroadcast.Full : PointwiseBroadcast.Scalar, null);
            case PointwiseBroadcast.General:
                StridedBroadcast gather = new(input.Extents!, input.Strides!);
                if (gather.Count != rows * columns)
                {
                    throw new ArgumentException(
                        $"A broadcast over [{string.Join(", ", input.Extents!)}] does not cover {rows} rows of {columns} columns.",
                        nameof(input));
                }

                return gather.Stride switch
                {
                    1 => (PointwiseBroadcast.Full, null),
                    0 => (PointwiseBroadcast.Scalar, null),
                    _ when gather.RepeatsEvery(columns) => (PointwiseBroadcast.Column, null),
                    _ => (PointwiseBroadcast.General, gather),
                };
            default:
                return (input.Broadcast, null);
        }
    }

    // The period is the floats after which columns and vectors begin together; a tile holds whole periods.
    private static (int TileLength, int PiecesPerRow, int Period) ChooseTile(int columns)
    {
        if (columns > TileTarget)
        {
            int pieces = (columns + TileTarget - 1) / TileTarget;
            int piece = ((columns + pieces - 1) / pieces + 7) / 8 * 8;
            return (piece, (columns + piece - 1) / piece, columns);
        }

        // Whole rows, and a multiple of eight floats where that does not make the tile too large.
        int period = columns * (8 / (int)BigInteger.GreatestCommonDivisor(columns, 8));
        period = period <= TileLimit ? period : columns;
        return (Math.Max(1, TileTarget / period) * period, 1, period);
    }

    // A result may be written straight to its output only where no later instruction reads a full input, which could be the same memory.
    private bool[] FindDirectStores(int registers, int inputs)
    {
        bool[] direct = new bool[_outputs.Length];
        bool[] taken = new bool[registers];
        int lastFullRead = Array.FindLastIndex(
            _instructions,
            instruction => Enumerable.Range(0, inputs).Any(i => _patterns[i] == PointwiseBroadcast.Full && instruction.Reads(i)));
        for (int o = 0; o < direct.Length; o++)
        {
            int register = _outputs[o].Register;
            int writer = Array.FindIndex(_instructions, instruction => instruction.Destination == register);
            bool sumReadsInput = Array.Exists(
                _outputs, output => output.Register < inputs && _patterns[output.Register] == PointwiseBroadcast.Full);
            direct[o] = !_outputs[o].SumOverRows && writer >= lastFullRead && !taken[register] && !sumReadsInput;
            taken[register] |= direct[o];
        }

        return direct;
    }

    // Results share scratch tiles: a tile is free again after the last instruction that reads it.
    private (int[] Slots, int[] Accumulators, int Count) AssignSlots(int registers, int inputs)
    {
        int[] slots = new int[registers];
        Array.Fill(slots, -1);
        int count = 0;
        for (int i = 0; i < inputs; i++)
        {
            bool inPlace = _patterns[i] == PointwiseBroadcast.Full
                || (_patterns[i] == PointwiseBroadcast.Column && (_piecesPerRow > 1 || _tileLength == _columns));
            slots[i] = inPlace ? -1 : count++;
        }

        int[] accumulators = new int[_sums];
        for (int sum = 0; sum < _sums && _piecesPerRow == 1; sum++)
        {
            accumulators[sum] = count++;
        }

        Stack<int> free = new();
        for (int at = 0; at < _instructions.Length; at++)
        {
            for (int register = inputs; register < registers; register++)
            {
                bool dies = slots[register] >= 0
                    && _instructions[at].Reads(register)
                    && !_instructions.Skip(at + 1).Any(later => later.Reads(register))
                    && !Array.Exists(_outputs, output => output.Register == register);
                if (dies)
                {
                    free.Push(slots[register]);
                }
            }

            slots[_instructions[at].Destination] = free.TryPop(out int slot) ? slot : count++;
        }

        return (slots, accumulators, count);
    }
}
