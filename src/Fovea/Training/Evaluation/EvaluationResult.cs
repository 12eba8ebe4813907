namespace Fovea.Training;

/// <summary>Figures of an evaluation, one of which decides which checkpoint is the best.</summary>
public abstract record EvaluationResult
{
    /// <summary>The figures by name.</summary>
    public abstract IReadOnlyList<Metric> Metrics { get; }

    /// <summary>The figure by which evaluations are compared.</summary>
    public abstract double Score { get; }

    /// <summary>Direction of <see cref="Score"/>: true where the higher one is better.</summary>
    public virtual bool HigherIsBetter => true;

    /// <summary>False where the figures show that the weights are useless, such as a loss that is not a number: training stops then.</summary>
    public virtual bool IsFinite => double.IsFinite(Score);
}
