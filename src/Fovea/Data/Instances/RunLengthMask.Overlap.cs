namespace Fovea.Data;

public sealed partial class RunLengthMask
{
    /// <summary>Pixels that are inside this mask or another.</summary>
    /// <param name="other">A mask of the same size.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public RunLengthMask Union(RunLengthMask other) => Merge(other, both: false);

    /// <summary>Pixels that are inside this mask and another.</summary>
    /// <param name="other">A mask of the same size.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public RunLengthMask Intersection(RunLengthMask other) => Merge(other, both: true);

    /// <summary>Intersection over union of this mask, a detection's, and that of a ground truth.</summary>
    /// <param name="truth">The ground truth's mask.</param>
    /// <param name="crowd">True if the ground truth is a crowd: then over the detection's area instead of the union.</param>
    /// <returns>
    /// From 0 to 1. Where <see cref="Bounds"/> of both overlap and the masks differ in size, −1, as COCO's code has it.
    /// </returns>
    public double IntersectionOverUnion(RunLengthMask truth, bool crowd = false)
    {
        ArgumentNullException.ThrowIfNull(truth);
        if (Bounds.IntersectionOverUnion(truth.Bounds, crowd) <= 0)
        {
            return 0;
        }

        if (Height != truth.Height || Width != truth.Width)
        {
            return -1;
        }

        int intersection = 0;
        RunSweep sweep = new(_counts, truth._counts);
        while (sweep.Next(out int length))
        {
            intersection += sweep.InFirst && sweep.InSecond ? length : 0;
        }

        return intersection == 0 ? 0 : intersection / (double)(crowd ? Area : (long)Area + truth.Area - intersection);
    }

    private RunLengthMask Merge(RunLengthMask other, bool both)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Height != other.Height || Width != other.Width)
        {
            throw new ArgumentException(
                $"A mask of {other.Height}x{other.Width} pixels (height x width) does not go with one of {Height}x{Width}.",
                nameof(other));
        }

        List<int> counts = [0];
        bool inside = false;
        RunSweep sweep = new(_counts, other._counts);
        while (sweep.Next(out int length))
        {
            if ((both ? sweep.InFirst && sweep.InSecond : sweep.InFirst || sweep.InSecond) != inside)
            {
                counts.Add(0);
                inside = !inside;
            }

            counts[^1] += length;
        }

        return new RunLengthMask(Height, Width, [.. counts]);
    }

    /// <summary>Walk over two masks at once, in stretches within which both stay inside or outside.</summary>
    private ref struct RunSweep(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        private readonly ReadOnlySpan<int> _first = first;
        private readonly ReadOnlySpan<int> _second = second;
        private int _firstRun = -1;
        private int _secondRun = -1;
        private int _firstLeft;
        private int _secondLeft;

        /// <summary>True if the stretch is inside the first mask.</summary>
        public readonly bool InFirst => (_firstRun & 1) != 0;

        /// <summary>True if the stretch is inside the second mask.</summary>
        public readonly bool InSecond => (_secondRun & 1) != 0;

        /// <summary>Goes to the next stretch; false behind the last.</summary>
        public bool Next(out int length)
        {
            if (!Fill(_first, ref _firstRun, ref _firstLeft) || !Fill(_second, ref _secondRun, ref _secondLeft))
            {
                length = 0;
                return false;
            }

            length = Math.Min(_firstLeft, _secondLeft);
            _firstLeft -= length;
            _secondLeft -= length;
            return true;
        }

        /// <summary>Goes on to a run with pixels left in it; false behind the last.</summary>
        private static bool Fill(ReadOnlySpan<int> counts, ref int run, ref int left)
        {
            while (left == 0)
            {
                if (++run == counts.Length)
                {
                    return false;
                }

                left = counts[run];
            }

            return true;
        }
    }
}
