using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Optimization;

/// <summary>
/// Changes trained variables by their gradients, on all threads of a pool. A rule of one's own derives from this class and says in <see
/// cref="Update"/> what happens to a range of weights. A rule that needs to know something of a whole variable, such as its norm, walks
/// over the ranges more than once (<see cref="Passes"/>).
/// </summary>
/// <remarks>A step allocates nothing, and gives the same bits for any number of threads. One step runs at a time.</remarks>
public abstract class Optimizer : IDisposable
{
    /// <summary>The most values of a range; the ranges of a variable follow each other, all but the last of this length.</summary>
    protected const int RangeLength = 1 << 14;

    private readonly UpdateJob _job;
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
        Pool = pool ?? WorkerPool.Shared;
        State = [.. Enumerable.Range(0, stateBlocks).Select(_ => new OptimizerState(gradients.Variables))];
        DeviceMemory[] weights = [.. gradients.Variables.Select(variable => variable.Memory).Distinct()];
        _memories = [gradients.Memory, .. State.Select(state => state.Memory), .. weights];
        _job = new UpdateJob(this, [.. Cut(gradients, weightDecay, groups ?? [])]);
        _jobs = [_job];
    }

    /// <summary>The gradients it steps from.</summary>
    public GradientBlock Gradients { get; }

    /// <summary>The steps done so far. Set it together with <see cref="State"/> to go on from a checkpoint.</summary>
    public long Iterations { get; set; }

    /// <summary>The values that it keeps between steps: in each block one for each trained value.</summary>
    public IReadOnlyList<OptimizerState> State { get; }

    /// <summary>The threads it runs on.</summary>
    protected WorkerPool Pool { get; }

    /// <summary>The factor of the gradients in the step that runs.</summary>
    protected float GradientFactor { get; private set; }

    /// <summary>The number of ranges that a pass walks over.</summary>
    protected int Ranges => _job.Parts(0);

    /// <summary>The number of times that a step walks over all ranges, one by default; all threads meet between two passes.</summary>
    protected virtual int Passes => 1;

    private double LearningRate { get; set; }

    private int Pass { get; set; }

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
            for (Pass = 0; Pass < Passes; Pass++)
            {
                BeginPass(Pass);
                Pool.Run(_jobs);
            }
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

        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what a rule holds beside its state; nothing by default.</summary>
    /// <param name="disposing">True always.</param>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Prepares a pass, on the thread of the step's caller and before any range of it; it must not allocate.</summary>
    /// <param name="pass">The number of the pass, from 0.</param>
    protected virtual void BeginPass(int pass)
    {
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
            for (long start = 0; start < variable.Shape.Elements; start += RangeLength)
            {
                int length = (int)Math.Min(RangeLength, variable.Shape.Elements - start);
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
                    Pass = _optimizer.Pass,
                    Index = i,
                    LearningRate = _optimizer.LearningRate * segment.RateFactor,
                    WeightDecay = segment.WeightDecay,
                    GradientFactor = _optimizer.GradientFactor,
                    Iteration = _optimizer.Iterations,
                });
            }
        }
    }
}
