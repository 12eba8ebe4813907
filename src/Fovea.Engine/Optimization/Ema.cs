using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Kernels;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Optimization;

/// <summary>
/// The exponential moving average of blocks of variables, such as weights and running statistics, kept in blocks of another network. The
/// averages begin with what stands in those blocks.
/// </summary>
/// <remarks>An update runs on all threads of a pool, allocates nothing, and gives the same bits for any number of threads.</remarks>
public sealed class Ema
{
    private const long Segment = 1 << 14;
    private readonly WorkerPool _pool;
    private readonly UpdateJob[] _blocks;
    private readonly ParallelJob[] _jobs;

    /// <summary>Makes an average.</summary>
    /// <param name="averages">The blocks that hold the averages.</param>
    /// <param name="sources">The blocks that are averaged, in the same order, with variables of the same names and shapes.</param>
    /// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
    /// <exception cref="ArgumentException">The blocks differ in number, names or shapes.</exception>
    public Ema(IReadOnlyList<VariableBlock> averages, IReadOnlyList<VariableBlock> sources, WorkerPool? pool = null)
    {
        if (averages.Count != sources.Count)
        {
            throw new ArgumentException(
                $"{averages.Count} blocks of averages were given for {sources.Count} blocks: each needs one of its own.", nameof(averages));
        }

        _pool = pool ?? WorkerPool.Shared;
        _blocks = [.. averages.Zip(sources, (average, source) => new UpdateJob(Checked(average, source), source))];
        _jobs = [.. _blocks];
    }

    /// <summary>Moves every average towards its value: average = decay · average + (1 − decay) · value.</summary>
    /// <param name="decay">The share of the average that is kept, from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is out of range.</exception>
    /// <exception cref="ObjectDisposedException">A block was disposed of.</exception>
    public void Update(double decay)
    {
        if (decay is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "A number from 0 to 1 is needed.");
        }

        int entered = 0;
        try
        {
            for (; entered < _blocks.Length; entered++)
            {
                _blocks[entered].Enter(decay);
            }

            _pool.Run(_jobs);
        }
        finally
        {
            while (entered > 0)
            {
                _blocks[--entered].Leave();
            }
        }
    }

    private static VariableBlock Checked(VariableBlock average, VariableBlock source)
    {
        for (int i = 0; i < Math.Max(average.Variables.Count, source.Variables.Count); i++)
        {
            Variable? mean = i < average.Variables.Count ? average.Variables[i] : null;
            Variable? value = i < source.Variables.Count ? source.Variables[i] : null;
            if (mean is null || value is null || mean.Name != value.Name || !mean.Shape.Equals(value.Shape))
            {
                throw new ArgumentException(
                    $"Variable {i} is {Described(mean)} among the averages and {Described(value)} among the values: "
                    + "averages are kept in blocks of a network made like the other.",
                    nameof(average));
            }
        }

        return average == source ? throw new ArgumentException("A block cannot hold the average of itself.", nameof(average)) : average;
    }

    private static string Described(Variable? variable) => variable is null ? "missing" : $"{variable.Name} {variable.Shape}";

    private sealed unsafe class UpdateJob(VariableBlock average, VariableBlock source) : ParallelJob
    {
        private readonly int _parts = (int)((source.Length + Segment - 1) / Segment);
        private DeviceMemory? _averageMemory;
        private DeviceMemory? _sourceMemory;
        private float* _average;
        private float* _source;
        private double _decay;

        /// <summary>Takes hold of the memory for one update.</summary>
        public void Enter(double decay)
        {
            (DeviceMemory averages, DeviceMemory sources) = (average.Memory, source.Memory);
            averages.Enter();
            try
            {
                sources.Enter();
            }
            catch
            {
                averages.Leave();
                throw;
            }

            (_averageMemory, _sourceMemory, _decay) = (averages, sources, decay);
            _average = average.Pointer;
            _source = source.Pointer;
        }

        /// <summary>Lets go of it.</summary>
        public void Leave()
        {
            _averageMemory!.Leave();
            _sourceMemory!.Leave();
        }

        public override int Parts(int phase) => _parts;

        public override void Run(int phase, int first, int last, int worker)
        {
            long start = first * Segment;
            OptimizerKernels.UpdateEma(_decay, _average + start, _source + start, (nint)(Math.Min(last * Segment, source.Length) - start));
        }
    }
}
