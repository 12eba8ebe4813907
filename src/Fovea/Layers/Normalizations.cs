namespace Fovea.Layers;

/// <summary>
/// Batch normalisation over the last axis (arXiv 1502.03167): batch statistics in training graphs, running ones at inference. A layer whose
/// weight is frozen takes its running statistics in training graphs, too, and leaves them as they are. In a graph of one shard of a batch
/// the statistics may be those of all shards (<see cref="ShardStatistics"/>). Checkpoint keys <c>weight</c>, <c>bias</c>,
/// <c>running_mean</c>, <c>running_var</c>, <c>num_batches_tracked</c>.
/// </summary>
public sealed class BatchNorm2d : Module
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly Parameter _runningMean;
    private readonly Parameter _runningVariance;
    private readonly Parameter _batches;
    private readonly float _epsilon;
    private readonly float _momentum;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">Channels.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="momentum">The share of the new batch in the running statistics.</param>
    /// <param name="initialWeight">Initial weight.</param>
    public BatchNorm2d(int channels, float epsilon = 1e-5f, float momentum = 0.1f, float initialWeight = 1)
    {
        _epsilon = epsilon;
        _momentum = momentum;
        _weight = Add("weight", new Parameter([channels], Initializer.Constant(initialWeight)));
        _bias = Add("bias", new Parameter([channels], Initializer.Zeros));
        _runningMean = Add("running_mean", new Parameter([channels], Initializer.Zeros, kind: ParameterKind.Statistic));
        _runningVariance = Add("running_var", new Parameter([channels], Initializer.Ones, kind: ParameterKind.Statistic));
        _batches = Add("num_batches_tracked", new Parameter(Shape.Scalar, Initializer.Zeros, kind: ParameterKind.Counter));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        ComputeGraph graph = x.Graph;
        Value weight = graph.Read(_weight);
        Value bias = graph.Read(_bias);
        if (!graph.Training || !_weight.Variable.Trainable)
        {
            Value fixedScale = weight * (graph.Read(_runningVariance) + _epsilon).ReciprocalSqrt();
            return (x * fixedScale) + (bias - (graph.Read(_runningMean) * fixedScale));
        }

        (Value mean, Value variance) = x.BatchStatistics();
        float count = (float)x.Shape.Elements / x.Shape.Last;
        if (graph.Shards is IShardExchange shards)
        {
            Node shared = graph.Add(
                new ShardStatistics(shards, (long)count * shards.Shards, _momentum),
                mean,
                variance,
                graph.Read(_runningMean),
                graph.Read(_runningVariance),
                graph.Read(_batches));
            (mean, variance) = (shared.Outputs[0], shared.Outputs[1]);
            graph.Assign(_runningMean.Variable, shared.Outputs[2]);
            graph.Assign(_runningVariance.Variable, shared.Outputs[3]);
            graph.Assign(_batches.Variable, shared.Outputs[4]);
        }
        else
        {
            Track(_runningMean, mean);
            Track(_runningVariance, variance * (count / MathF.Max(count - 1, 1)));
            graph.Assign(_batches.Variable, graph.Read(_batches) + 1);
        }

        Value scale = weight * (variance + _epsilon).ReciprocalSqrt();
        return ((x - mean) * scale) + bias;

        void Track(Parameter running, Value batch) =>
            graph.Assign(running.Variable, (graph.Read(running) * (1 - _momentum)) + (batch * _momentum));
    }
}

/// <summary>Layer normalisation over the last axis (arXiv 1607.06450). Checkpoint keys <c>weight</c> and <c>bias</c>.</summary>
public sealed class LayerNorm : Module
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;
    private readonly float _epsilon;

    /// <summary>Makes a layer.</summary>
    /// <param name="channels">The extent of the last axis.</param>
    /// <param name="epsilon">Added to the variance.</param>
    public LayerNorm(int channels, float epsilon = 1e-5f)
    {
        _epsilon = epsilon;
        _weight = Add("weight", new Parameter([channels], Initializer.Ones));
        _bias = Add("bias", new Parameter([channels], Initializer.Zeros));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x) => x.LayerNormalization(x.Graph.Read(_weight), x.Graph.Read(_bias), _epsilon);
}
