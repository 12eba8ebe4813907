using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Optimization;

/// <summary>Parts of a variable that adaptive clipping measures each by itself.</summary>
public enum ClippingUnits
{
    /// <summary>The variable as a whole.</summary>
    Whole,

    /// <summary>Each index of the first axis, such as the rows of a linear layer and the output channels of a convolution.</summary>
    FirstAxis,

    /// <summary>Each index of the last axis, such as the channels of a depthwise convolution.</summary>
    LastAxis,
}

/// <summary>
/// Adaptive gradient clipping (arXiv 2102.06171, eq. 3): the norm of a unit's gradient is at most a share of the norm of its weights, which
/// counts as at least 1e-3.
/// </summary>
/// <remarks>It runs on all threads of a pool, allocates nothing, and gives the same bits for any number of threads.</remarks>
public sealed class AdaptiveClipping
{
    private const double SmallestNorm = 1e-3;
    private readonly GradientBlock _gradients;
    private readonly WorkerPool _pool;
    private readonly ClipJob _job;
    private readonly ParallelJob[] _jobs;
    private readonly DeviceMemory[] _memories;

    /// <summary>Makes a clipping.</summary>
    /// <param name="gradients">The gradients that it changes.</param>
    /// <param name="share">The largest share of the weights' norm, above 0.</param>
    /// <param name="units">Units of each variable; null for variables that are left out, as the classifier is.</param>
    /// <param name="pool">The threads to run on; the shared pool where none is given.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is not above 0.</exception>
    public AdaptiveClipping(
        GradientBlock gradients, double share, Func<Variable, ClippingUnits?> units, WorkerPool? pool = null)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(units);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(share);
        (_gradients, _pool) = (gradients, pool ?? WorkerPool.Shared);
        _job = new ClipJob(gradients, share, [.. gradients.Variables.SelectMany(variable => Cut(variable, units(variable)))]);
        _jobs = [_job];
        _memories = [gradients.Memory, .. gradients.Variables.Select(variable => variable.Memory).Distinct()];
    }

    /// <summary>Clips the gradients in their block.</summary>
    /// <param name="gradientFactor">Factor that the gradients get afterwards, which their norms are measured with.</param>
    /// <exception cref="ObjectDisposedException">The gradients or the variables' memory were disposed of.</exception>
    public void Apply(float gradientFactor = 1)
    {
        _ = _gradients.Memory;
        int entered = 0;
        try
        {
            for (; entered < _memories.Length; entered++)
            {
                _memories[entered].Enter();
            }

            _job.Factor = gradientFactor;
            _pool.Run(_jobs);
        }
        finally
        {
            while (entered > 0)
            {
                _memories[--entered].Leave();
            }
        }
    }

    /// <summary>Each part is one unit, or all units of a last axis, whose values lie side by side.</summary>
    private static IEnumerable<Part> Cut(Variable variable, ClippingUnits? units)
    {
        int length = (int)variable.Shape.Elements;
        switch (units)
        {
            case ClippingUnits.Whole:
                yield return new Part(variable, 0, length, 1);
                break;
            case ClippingUnits.LastAxis:
                yield return new Part(variable, 0, length, variable.Shape.Last);
                break;
            case ClippingUnits.FirstAxis:
                int row = length / variable.Shape[0];
                for (int start = 0; start < length; start += row)
                {
                    yield return new Part(variable, start, row, 1);
                }

                break;
        }
    }

    /// <summary>Values from a start, which belong in turn to as many units.</summary>
    private readonly record struct Part(Variable Variable, int Start, int Length, int Units);

    private sealed unsafe class ClipJob(GradientBlock gradients, double share, Part[] parts) : ParallelJob
    {
        public float Factor { get; set; }

        public override int Parts(int phase) => parts.Length;

        public override void Run(int phase, int first, int last, int worker)
        {
            for (int i = first; i < last; i++)
            {
                Part part = parts[i];
                float* weights = part.Variable.OwnPointer + part.Start;
                float* slopes = gradients.Memory.FloatPointer + gradients.OffsetOf(part.Variable) + part.Start;
                for (int unit = 0; unit < part.Units; unit++)
                {
                    Clip(weights, slopes, part.Length, unit, part.Units);
                }
            }
        }

        private void Clip(float* weights, float* slopes, int length, int unit, int stride)
        {
            double allowed = share * Math.Max(Norm(weights, length, unit, stride), SmallestNorm);
            double norm = Norm(slopes, length, unit, stride) * Factor;
            if (norm <= allowed)
            {
                return;
            }

            float scale = (float)(allowed / norm);
            for (int i = unit; i < length; i += stride)
            {
                slopes[i] *= scale;
            }
        }

        private static double Norm(float* values, int length, int unit, int stride)
        {
            double sum = 0;
            for (int i = unit; i < length; i += stride)
            {
                sum += (double)values[i] * values[i];
            }

            return Math.Sqrt(sum);
        }
    }
}
