using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Graph;
using Fovea.Engine.Kernels;
using Fovea.Engine.Memory;

namespace Fovea.Engine.Optimization;

/// <summary>
/// Changes all weights of a block after each training step, on all threads of a pool. What it remembers between steps lies in blocks of
/// the same layout as the weights, so that a checkpoint can keep it.
/// </summary>
public abstract class Optimizer : IDisposable
{
    private const long MaxSegment = 1 << 14;
    private readonly WorkerPool _pool;
    private readonly ParallelJob[] _jobs;

    /// <summary>Makes an optimiser.</summary>
    /// <param name="weights">What it changes.</param>
    /// <param name="memories">How many blocks it remembers.</param>
    /// <param name="decays">Which weights decay.</param>
    /// <param name="pool">The threads it runs on.</param>
    private protected Optimizer(VariableBlock weights, int memories, Func<Variable, bool> decays, WorkerPool pool)
    {
        Weights = weights;
        _pool = pool;
        State = [.. Enumerable.Range(0, memories).Select(_ => new AlignedMemory(Math.Max(weights.Length, 1) * sizeof(float)))];
        List<Segment> segments = [];
        foreach (Variable variable in weights.Variables)
        {
            long start = weights.OffsetOf(variable);
            for (long done = 0; done < variable.Shape.Elements; done += MaxSegment)
            {
                segments.Add(new Segment(start + done, Math.Min(MaxSegment, variable.Shape.Elements - done), decays(variable)));
            }
        }

        _jobs = [new SegmentJob(this, [.. segments])];
    }

    /// <summary>The weights it changes.</summary>
    public VariableBlock Weights { get; }

    /// <summary>The steps done so far.</summary>
    public long Steps { get; set; }

    /// <summary>What it remembers between steps, each block laid out like the weights.</summary>
    public IReadOnlyList<AlignedMemory> State { get; }

    /// <summary>Gradients are multiplied by this in the step at hand.</summary>
    private protected float GradientFactor { get; private set; }

    /// <summary>The learning rate of the step at hand.</summary>
    private protected double LearningRate { get; private set; }

    private unsafe float* Gradients { get; set; }

    /// <summary>Does one step with the gradients of a plan's last run.</summary>
    /// <param name="plan">A plan compiled with <see cref="Weights"/> as the layout of its gradients.</param>
    /// <param name="learningRate">The learning rate of this step.</param>
    /// <param name="gradientFactor">Gradients are multiplied by this, for clipping by norm.</param>
    /// <exception cref="ArgumentException">The plan's gradients have another layout.</exception>
    public unsafe void Step(Plan plan, double learningRate, float gradientFactor = 1)
    {
        if (plan.Gradients.Length < Weights.Length)
        {
            throw new ArgumentException("The plan was compiled without the gradients of these weights.", nameof(plan));
        }

        Gradients = plan.GradientPointer;
        LearningRate = learningRate;
        GradientFactor = gradientFactor;
        Steps++;
        _pool.Run(_jobs);
    }

    /// <summary>The Euclidean norm of all gradients of a plan's last run; not finite where one of them is not.</summary>
    public static unsafe double GradientNorm(Plan plan)
    {
        nint length = plan.Gradients.Length;
        int parts = OptimizerKernels.SumOfSquaresParts(length);
        double[] partials = new double[parts];
        fixed (double* sums = partials)
        {
            OptimizerKernels.SumOfSquares(plan.GradientPointer, length, sums, 0, parts);
            return Math.Sqrt(OptimizerKernels.MergeSumOfSquares(sums, parts));
        }
    }

    /// <summary>Moves a running average of weights towards the weights: average = decay·average + (1 − decay)·weight.</summary>
    public static unsafe void UpdateEma(VariableBlock average, VariableBlock weights, double decay) =>
        OptimizerKernels.UpdateEma(decay, average.Pointer, weights.Pointer, (nint)weights.Length);

    /// <summary>Frees what is remembered.</summary>
    public void Dispose()
    {
        foreach (AlignedMemory memory in State)
        {
            memory.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Changes a range of weights.</summary>
    private protected abstract unsafe void Update(long start, long length, bool decays, float* weights, float* gradients);

    private readonly record struct Segment(long Start, long Length, bool Decays);

    private sealed class SegmentJob(Optimizer optimizer, Segment[] segments) : ParallelJob
    {
        public override int Parts(int phase) => segments.Length;

        public override unsafe void Run(int phase, int first, int last, int worker)
        {
            for (int i = first; i < last; i++)
            {
                (long start, long length, bool decays) = segments[i];
                optimizer.Update(start, length, decays, optimizer.Weights.Pointer + start, optimizer.Gradients + start);
            }
        }
    }
}

/// <summary>AdamW (arXiv 1711.05101, algorithm 2).</summary>
/// <param name="weights">What it changes.</param>
/// <param name="decays">Which weights decay.</param>
/// <param name="weightDecay">Decay per step, times the learning rate.</param>
/// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
/// <param name="beta1">How much of the mean gradient is kept at each step.</param>
/// <param name="beta2">How much of the mean squared gradient is kept at each step.</param>
/// <param name="epsilon">Added to the denominator.</param>
public sealed class AdamW(
    VariableBlock weights,
    Func<Variable, bool> decays,
    double weightDecay,
    WorkerPool? pool = null,
    double beta1 = 0.9,
    double beta2 = 0.999,
    double epsilon = 1e-8) : Optimizer(weights, memories: 2, decays, pool ?? WorkerPool.Shared)
{
    private protected override unsafe void Update(long start, long length, bool decays, float* weights, float* gradients) =>
        OptimizerKernels.AdamW(
            new AdamWArguments
            {
                LearningRate = LearningRate,
                Beta1 = beta1,
                Beta2 = beta2,
                Epsilon = epsilon,
                WeightDecay = decays ? weightDecay : 0,
                Step = Steps,
                GradientFactor = GradientFactor,
            },
            weights,
            gradients,
            State[0].FloatPointer + start,
            State[1].FloatPointer + start,
            (nint)length);
}

/// <summary>Stochastic gradient descent with momentum; weight decay is added to the gradients.</summary>
/// <param name="weights">What it changes.</param>
/// <param name="decays">Which weights decay.</param>
/// <param name="weightDecay">Weights times this are added to their gradients.</param>
/// <param name="momentum">How much of the velocity is kept at each step.</param>
/// <param name="nesterov">Whether a step looks ahead by one velocity.</param>
/// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
public sealed class Sgd(
    VariableBlock weights,
    Func<Variable, bool> decays,
    double weightDecay,
    double momentum = 0.9,
    bool nesterov = false,
    WorkerPool? pool = null) : Optimizer(weights, memories: 1, decays, pool ?? WorkerPool.Shared)
{
    private protected override unsafe void Update(long start, long length, bool decays, float* weights, float* gradients) =>
        OptimizerKernels.Sgd(
            new SgdArguments
            {
                LearningRate = LearningRate,
                Momentum = momentum,
                WeightDecay = decays ? weightDecay : 0,
                Nesterov = nesterov,
                First = Steps == 1,
                GradientFactor = GradientFactor,
            },
            weights,
            gradients,
            State[0].FloatPointer + start,
            (nint)length);
}
