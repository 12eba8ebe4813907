using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Optimization;

/// <summary>
/// Changes trained variables by their gradients, on all threads of a pool. A rule of one's own derives from this class and says in <see
/// cref="Update"/> what happens to a range of weights.
/// </summary>
/// <remarks>A step allocates nothing, and gives the same bits for any number of threads. One step runs at a time.</remarks>
public abstract class Optimizer : IDisposable
{
    private const long MaxSegment = 1 << 14;
    private readonly WorkerPool _pool;
    private readonly ParallelJob[] _jobs;
    private readonly DeviceMemory[] _memories;
    private bool _isDisposed;

    /// <summary>Makes an optimiser.</summary>
    /// <param name="gradients">The gradients that it steps from, whose variables it changes.</param>
    /// <param name="stateBlocks">The number of values that it keeps of each weight between steps.</param>
    /// <param name="weightDecay">The weight decay of weights for which no group names another.</param>
    /// <param name="groups">Rules for variables that take another learning rate or weight decay.</param>
    /// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
    /// <exception cref="InvalidOperationException">A variable has no memory yet.</exception>
    /// <exception cref="ObjectDisposedException">The gradients or the variables' memory were disposed of.</exception>
    protected Optimizer(
        GradientBlock gradients,
        int stateBlocks,
        double weightDecay = 0,
        IReadOnlyList<ParameterGroup>? groups = null,
        WorkerPool? pool = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stateBlocks);
        OptimizerChecks.NotNegative(weightDecay, nameof(weightDecay));
        Gradients = gradients;
        _pool = pool ?? WorkerPool.Shared;
        State = [.. Enumerable.Range(0, stateBlocks).Select(_ => new OptimizerState(gradients.Variables))];
        DeviceMemory[] weights = [.. gradients.Variables.Select(variable => variable.Memory).Distinct()];
        _memories = [gradients.Memory, .. State.Select(state => state.Memory), .. weights];
        _jobs = [new UpdateJob(this, [.. Cut(gradients, weightDecay, groups ?? [])])];
    }

    /// <summary>The gradients it steps from.</summary>
    public GradientBlock Gradients { get; }

    /// <summary>The steps done so far. Set it together with <see cref="State"/> to go on from a checkpoint.</summary>
    public long Iterations { get; set; }

    /// <summary>The values that it keeps between steps: in each block one for each trained value.</summary>
    public IReadOnlyList<OptimizerState> State { get; }

    private double LearningRate { get; set; }

    private float GradientFactor { get; set; }

    /// <summary>Does one step from the gradients as they stand in the block.</summary>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <param name="gradientFactor">
    /// The factor of all gradients: below 1 to clip them by norm, 1/n for the mean of n accumulated ones.
    /// </param>
    /// <exception cref="ObjectDisposedException">The optimiser, its gradients or the variables' memory were disposed of.</exception>
    public void Step(double learningRate, float gradientFactor = 1)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _ = Gradients.Memory;
        int entered = 0;
        try
        {
            for (; entered < _memories.Length; entered++)
            {
                _memories[entered].Enter();
            }

            // By index: this must not allocate.
            for (int i = 0; i < Gradients.Variables.Count; i++)
            {
                Gradients.Variables[i].Keep();
            }

            (LearningRate, GradientFactor) = (learningRate, gradientFactor);
            Iterations++;
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

    /// <summary>Frees the state; gradients and variables stay.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (OptimizerState state in State)
        {
            state.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Changes a range of weights. Called from several threads at once, for ranges that do not overlap; it must not allocate and depends on
    /// the range alone.
    /// </summary>
    protected abstract void Update(in UpdateRange range);

    /// <summary>Cuts the block into ranges of one variable each, small enough that threads share even one large weight.</summary>
    private static IEnumerable<Segment> Cut(GradientBlock gradients, double weightDecay, IReadOnlyList<ParameterGroup> groups)
    {
        foreach (Variable variable in gradients.Variables)
        {
            (double factor, double decay) = ParameterGroup.Of(variable, groups, weightDecay);
            for (long start = 0; start < variable.Shape.Elements; start += MaxSegment)
            {
                int length = (int)Math.Min(MaxSegment, variable.Shape.Elements - start);
                yield return new Segment(variable, start, length, gradients.OffsetOf(variable) + start, factor, decay);
            }
        }
    }

    private readonly record struct Segment(Variable Variable, long Start, int Length, long Offset, double RateFactor, double WeightDecay);

    private sealed unsafe class UpdateJob : ParallelJob
    {
        private readonly Optimizer _optimizer;
        private readonly Segment[] _segments;
        private readonly nint[] _weights;
        private readonly nint _gradients;
        private readonly nint[] _states;

        /// <summary>Notes all addresses: the optimiser enters the memory before each step, so that they stand while it runs.</summary>
        public UpdateJob(Optimizer optimizer, Segment[] segments)
        {
            _optimizer = optimizer;
            _segments = segments;
            _weights = [.. segments.Select(segment => (nint)(segment.Variable.OwnPointer + segment.Start))];
            _gradients = (nint)optimizer.Gradients.Memory.FloatPointer;
            _states = [.. optimizer.State.Select(state => (nint)state.Memory.FloatPointer)];
        }

        public override int Parts(int phase) => _segments.Length;

        public override void Run(int phase, int first, int last, int worker)
        {
            for (int i = first; i < last; i++)
            {
                ref readonly Segment segment = ref _segments[i];
                Span<float> weights = new((float*)_weights[i], segment.Length);
                ReadOnlySpan<float> gradients = new((float*)_gradients + segment.Offset, segment.Length);
                _optimizer.Update(new UpdateRange(segment.Variable, segment.Start, weights, gradients, _states, segment.Offset)
                {
                    LearningRate = _optimizer.LearningRate * segment.RateFactor,
                    WeightDecay = segment.WeightDecay,
                    GradientFactor = _optimizer.GradientFactor,
                    Iteration = _optimizer.Iterations,
                });
            }
        }
    }
}
