using System.Buffers;

namespace Fovea.Layers;

/// <summary>
/// Mean and biased variance of each channel over all shards of a batch, from those of one shard, all of which have as many values: the
/// statistics of batch normalisation that is synchronised (arXiv 1803.08904, section 3.2). Operands mean (C), variance (C), and the running
/// mean (C), the running variance (C) and the number of batches (); results mean, variance, and the three as they are after the step.
/// </summary>
/// <remarks>
/// Running statistics go through the operation because the plans of several shards write the same variables, the same values, as they end:
/// by then every shard has come to this exchange and so has read them.
/// </remarks>
/// <param name="Shards">The other shards.</param>
/// <param name="Count">Values of a channel in all shards together.</param>
/// <param name="Momentum">The share of the new batch in the running statistics.</param>
internal sealed record ShardStatistics(IShardExchange Shards, long Count, float Momentum) : CustomOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 5);
        return inputs;
    }

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        ReadOnlySpan<float> mean = run.Input(0);
        ReadOnlySpan<float> variance = run.Input(1);
        Span<float> runningMean = run.Output(2);
        Span<float> runningVariance = run.Output(3);
        int channels = mean.Length;
        run.Input(2).CopyTo(runningMean);
        run.Input(3).CopyTo(runningVariance);
        run.Output(4)[0] = run.Input(4)[0] + 1;

        // Mean and mean square add up. Doubles have digits enough for their difference, however far from 0 the mean is.
        double[] rented = ArrayPool<double>.Shared.Rent(2 * channels);
        Span<double> sums = rented.AsSpan(0, 2 * channels);
        for (int channel = 0; channel < channels; channel++)
        {
            double center = mean[channel];
            sums[channel] = center;
            sums[channels + channel] = variance[channel] + (center * center);
        }

        Shards.Sum(sums);
        double unbiased = Count / Math.Max(Count - 1.0, 1);
        for (int channel = 0; channel < channels; channel++)
        {
            double center = sums[channel] / Shards.Shards;
            double spread = Math.Max(0, (sums[channels + channel] / Shards.Shards) - (center * center));
            (run.Output(0)[channel], run.Output(1)[channel]) = ((float)center, (float)spread);
            Track(ref runningMean[channel], (float)center);
            Track(ref runningVariance[channel], (float)(spread * unbiased));
        }

        ArrayPool<double>.Shared.Return(rented);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients)
    {
        Value zero = node.Graph.Filled(node.Inputs[0].Shape, 0);
        Node sums = node.Graph.Add(new ShardMean(Shards), outputGradients[0] ?? zero, outputGradients[1] ?? zero);
        Value mean = sums.Outputs[0] + (sums.Outputs[1] * (node.Inputs[0] - node.Outputs[0]) * 2);
        return [mean, sums.Outputs[1], null, null, null];
    }

    private void Track(ref float running, float batch) => running = (running * (1 - Momentum)) + (batch * Momentum);
}

/// <summary>
/// Mean over the shards of a batch of each element of two vectors (C). As the losses of all shards depend on what they share, gradients
/// come back through <see cref="ShardStatistics"/> this way.
/// </summary>
/// <param name="Shards">The other shards.</param>
internal sealed record ShardMean(IShardExchange Shards) : CustomOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 2);
        return inputs;
    }

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        int channels = run.Input(0).Length;
        double[] rented = ArrayPool<double>.Shared.Rent(2 * channels);
        Span<double> sums = rented.AsSpan(0, 2 * channels);
        for (int channel = 0; channel < channels; channel++)
        {
            (sums[channel], sums[channels + channel]) = (run.Input(0)[channel], run.Input(1)[channel]);
        }

        Shards.Sum(sums);
        for (int channel = 0; channel < channels; channel++)
        {
            run.Output(0)[channel] = (float)(sums[channel] / Shards.Shards);
            run.Output(1)[channel] = (float)(sums[channels + channel] / Shards.Shards);
        }

        ArrayPool<double>.Shared.Return(rented);
    }
}
