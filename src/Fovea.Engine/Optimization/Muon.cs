using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Optimization;

/// <summary>Length of Muon's steps for matrices of different shapes.</summary>
public enum MuonScaling
{
    /// <summary>
    /// 0.2·√(larger side), by which a step changes weights about as much as one of AdamW (arXiv 2502.16982, section 2.2): both then take
    /// one learning rate and one weight decay.
    /// </summary>
    MatchAdamW,

    /// <summary>√(max(1, rows / columns)), as its authors have it; usual rates are about 0.02.</summary>
    Original,
}

/// <summary>
/// Muon (Jordan et al., 2024): the momentum of each weight matrix, made orthogonal, is the direction of its step. A convolution's kernel
/// is the matrix of its output channels. All other variables are changed by AdamW. State: the mean of the gradients, and for AdamW also of
/// their squares.
/// </summary>
public sealed class Muon : Optimizer
{
    private readonly double _momentum;
    private readonly bool _nesterov;
    private readonly double _rateFactor;
    private readonly MuonScaling _scaling;
    private readonly AdamMoments _moments;
    private readonly OptimizerState _directions;
    private readonly Dictionary<(int Rows, int Columns), Orthogonalization> _orthogonalizations = [];

    /// <summary>Makes an optimiser.</summary>
    /// <param name="gradients">The gradients that it steps from, whose variables it changes.</param>
    /// <param name="weightDecay">Decay per step, times the learning rate, of weights for which no group names another.</param>
    /// <param name="groups">Rules for variables that take another learning rate or weight decay.</param>
    /// <param name="pool">The threads it runs on; the shared pool where none is given.</param>
    /// <param name="matrices">
    /// The choice among variables of two or four axes, whose first counts outputs; where null, all of them. The others go to AdamW.
    /// </param>
    /// <param name="momentum">The share of a matrix's mean gradient that is kept at each step, 0 or more and below 1.</param>
    /// <param name="nesterov">True to look ahead by one step (Nesterov).</param>
    /// <param name="iterations">Steps of the iteration that makes a direction orthogonal, at least 1.</param>
    /// <param name="scaling">Length of steps for matrices of different shapes.</param>
    /// <param name="rateFactor">Factor of the learning rate of matrices, 0 or more: 1 for one rate with AdamW.</param>
    /// <param name="beta1">AdamW's share of the mean gradient that is kept at each step, 0 or more and below 1.</param>
    /// <param name="beta2">AdamW's share of the mean squared gradient that is kept at each step, 0 or more and below 1.</param>
    /// <param name="epsilon">Added to AdamW's denominator, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Muon(
        GradientBlock gradients,
        double weightDecay = 0.01,
        IReadOnlyList<ParameterGroup>? groups = null,
        WorkerPool? pool = null,
        Func<Variable, bool>? matrices = null,
        double momentum = 0.95,
        bool nesterov = true,
        int iterations = 5,
        MuonScaling scaling = MuonScaling.MatchAdamW,
        double rateFactor = 1,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-8)
        : base(gradients, stateBlocks: 2, weightDecay, groups, pool)
    {
        _momentum = OptimizerChecks.Share(momentum, nameof(momentum));
        _nesterov = nesterov;
        _scaling = scaling;
        _rateFactor = OptimizerChecks.NotNegative(rateFactor, nameof(rateFactor));
        _moments = new AdamMoments(beta1, beta2, epsilon);
        ArgumentOutOfRangeException.ThrowIfLessThan(iterations, 1);
        _directions = new OptimizerState(
            [.. gradients.Variables.Where(variable => variable.Shape.Rank is 2 or 4 && matrices?.Invoke(variable) != false)]);
        foreach (Variable matrix in _directions.Variables)
        {
            (int rows, int columns) = ExtentsOf(matrix);
            if (!_orthogonalizations.ContainsKey((rows, columns)))
            {
                _orthogonalizations.Add((rows, columns), new Orthogonalization(rows, columns, iterations, Pool));
            }
        }
    }

    /// <summary>The variables that are changed as matrices; the others are changed by AdamW.</summary>
    public IReadOnlyList<Variable> Matrices => _directions.Variables;

    /// <inheritdoc/>
    protected override int Passes => 2;

    /// <inheritdoc/>
    protected override void BeginPass(int pass)
    {
        // By index: this must not allocate.
        for (int i = 0; pass == 1 && i < _directions.Variables.Count; i++)
        {
            Variable matrix = _directions.Variables[i];
            _orthogonalizations[ExtentsOf(matrix)].Apply(DirectionOf(matrix, 0, (int)matrix.Shape.Elements));
        }
    }

    /// <inheritdoc/>
    protected override void Update(in UpdateRange range)
    {
        if (!_directions.Contains(range.Variable))
        {
            if (range.Pass == 0)
            {
                UpdateByAdamW(in range);
            }
        }
        else if (range.Pass == 0)
        {
            UpdateMomentum(in range);
        }
        else
        {
            StepAlongDirection(in range);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _directions.Dispose();
        foreach (Orthogonalization orthogonalization in _orthogonalizations.Values)
        {
            orthogonalization.Dispose();
        }

        base.Dispose(disposing);
    }

    private static (int Rows, int Columns) ExtentsOf(Variable matrix) =>
        (matrix.Shape[0], (int)(matrix.Shape.Elements / matrix.Shape[0]));

    private unsafe void UpdateMomentum(in UpdateRange range)
    {
        fixed (float* slopes = range.Gradients, mean = range.State(0), direction = DirectionOf(in range))
        {
            OptimizerKernels.MuonMomentum(
                range.GradientFactor, _momentum, _nesterov, slopes, mean, direction, range.Weights.Length);
        }
    }

    private unsafe void StepAlongDirection(in UpdateRange range)
    {
        (int rows, int columns) = ExtentsOf(range.Variable);
        double scale = _scaling == MuonScaling.Original
            ? Math.Sqrt(Math.Max(1, (double)rows / columns))
            : 0.2 * Math.Sqrt(Math.Max(rows, columns));
        double rate = range.LearningRate * _rateFactor;
        fixed (float* weights = range.Weights, direction = DirectionOf(in range))
        {
            OptimizerKernels.StepAlong(1 - (rate * range.WeightDecay), rate * scale, weights, direction, range.Weights.Length);
        }
    }

    private unsafe void UpdateByAdamW(in UpdateRange range)
    {
        AdamWArguments step = _moments.ArgumentsOf(in range, range.GradientFactor);
        fixed (float* weights = range.Weights, slopes = range.Gradients, mean = range.State(0), meanSquare = range.State(1))
        {
            OptimizerKernels.AdamW(in step, weights, slopes, mean, meanSquare, range.Weights.Length);
        }
    }

    private Span<float> DirectionOf(in UpdateRange range) => DirectionOf(range.Variable, range.Start, range.Weights.Length);

    private Span<float> DirectionOf(Variable matrix, long start, int length) =>
        _directions.Memory.Floats(_directions.OffsetOf(matrix) + start, length);
}
