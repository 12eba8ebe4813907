using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Kernels;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Optimization;

/// <summary>
/// The gradients of the variables that are trained. Plans write them or add to them, an <see cref="Optimizer"/> steps from them, and
/// between the two anybody may change them: average over processes, clip, add noise.
/// </summary>
/// <param name="variables">Variables in the order of the block. Those that are not trainable now have no part in it.</param>
/// <exception cref="ArgumentException">A variable stands twice in the list.</exception>
public sealed class GradientBlock(IReadOnlyList<Variable> variables) : ParameterBlock([.. variables.Where(variable => variable.Trainable)])
{
    private readonly Lock _oneAtATime = new();
    private NormJob? _norm;
    private ClampJob? _clamp;

    /// <summary>
    /// The Euclidean norm of all gradients; not finite where one of them is not. The same bits for any number of threads.
    /// </summary>
    /// <param name="pool">The threads to compute it on; the shared pool where none is given.</param>
    /// <exception cref="ObjectDisposedException">The block was disposed of.</exception>
    public double Norm(WorkerPool? pool = null)
    {
        lock (_oneAtATime)
        {
            PinnedMemory memory = Enter();
            try
            {
                _norm ??= new NormJob(memory, Length);
                return _norm.Run(pool ?? WorkerPool.Shared);
            }
            finally
            {
                memory.Leave();
            }
        }
    }

    /// <summary>Limits every gradient to a magnitude.</summary>
    /// <param name="limit">The largest magnitude, 0 or more.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ObjectDisposedException">The block was disposed of.</exception>
    public void Clamp(float limit, WorkerPool? pool = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        lock (_oneAtATime)
        {
            PinnedMemory memory = Enter();
            try
            {
                _clamp ??= new ClampJob(memory, Length);
                _clamp.Run(pool ?? WorkerPool.Shared, limit);
            }
            finally
            {
                memory.Leave();
            }
        }
    }

    /// <summary>Adds the gradients of another block.</summary>
    /// <param name="other">A block of the same variables.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ArgumentException">The block is of other variables.</exception>
    /// <exception cref="ObjectDisposedException">One of the blocks was disposed of.</exception>
    public void Add(GradientBlock other, WorkerPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!other.Variables.SequenceEqual(Variables))
        {
            throw new ArgumentException("Gradients can be added to those of the same variables only.", nameof(other));
        }

        lock (_oneAtATime)
        {
            PinnedMemory memory = Enter();
            PinnedMemory added = other.Enter();
            try
            {
                (pool ?? WorkerPool.Shared).Run([new AddJob(memory, added, Length)]);
            }
            finally
            {
                added.Leave();
                memory.Leave();
            }
        }
    }

    /// <summary>Adds ranges of values.</summary>
    private sealed class AddJob(PinnedMemory sum, PinnedMemory added, long length) : ParallelJob
    {
        private const int Range = 1 << 14;

        public override int Parts(int phase) => (int)((length + Range - 1) / Range);

        public override unsafe void Run(int phase, int first, int last, int worker)
        {
            long start = (long)first * Range;
            nint count = (nint)(Math.Min((long)last * Range, length) - start);
            OptimizerKernels.Add(sum.FloatPointer + start, added.FloatPointer + start, count);
        }
    }

    /// <summary>Limits ranges of values.</summary>
    private sealed class ClampJob : ParallelJob
    {
        private const int Range = 1 << 14;
        private readonly PinnedMemory _memory;
        private readonly long _length;
        private readonly ParallelJob[] _self;
        private float _limit;

        public ClampJob(PinnedMemory memory, long length)
        {
            (_memory, _length) = (memory, length);
            _self = [this];
        }

        public void Run(WorkerPool pool, float limit)
        {
            _limit = limit;
            pool.Run(_self);
        }

        public override int Parts(int phase) => (int)((_length + Range - 1) / Range);

        public override unsafe void Run(int phase, int first, int last, int worker)
        {
            long start = (long)first * Range;
            OptimizerKernels.Clamp(_memory.FloatPointer + start, _limit, (nint)(Math.Min((long)last * Range, _length) - start));
        }
    }

    /// <summary>Sums the squares of ranges, and those sums in their order.</summary>
    private sealed class NormJob : ParallelJob
    {
        private readonly PinnedMemory _memory;
        private readonly long _length;
        private readonly double[] _sums;
        private readonly ParallelJob[] _self;

        public NormJob(PinnedMemory memory, long length)
        {
            _memory = memory;
            _length = length;
            _sums = new double[OptimizerKernels.SumOfSquaresParts((nint)length)];
            _self = [this];
        }

        public unsafe double Run(WorkerPool pool)
        {
            pool.Run(_self);
            fixed (double* sums = _sums)
            {
                return Math.Sqrt(OptimizerKernels.MergeSumOfSquares(sums, _sums.Length));
            }
        }

        public override int Parts(int phase) => _sums.Length;

        public override unsafe void Run(int phase, int first, int last, int worker)
        {
            fixed (double* sums = _sums)
            {
                OptimizerKernels.SumOfSquares(_memory.FloatPointer, (nint)_length, sums, first, last);
            }
        }
    }
}
