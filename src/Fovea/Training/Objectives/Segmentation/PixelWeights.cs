using System.Buffers;

namespace Fovea.Training;

/// <summary>
/// Share of each pixel in a loss, from losses (pixels) and labels (pixels), −1 for pixels that are left out: the weight of its class, 0 if
/// it is not hard, divided by the number of all pixels or by the sum of the weights of the labelled ones. Nothing is learnt through it.
/// </summary>
/// <param name="Images">Images of the batch.</param>
/// <param name="Hard">Choice of hard pixels; null for all.</param>
/// <param name="Labelled">True to divide by the labelled pixels' weights.</param>
/// <param name="ClassWeights">Weight of each class; equal weights where null.</param>
internal sealed record PixelWeights(int Images, HardPixels? Hard, bool Labelled, IReadOnlyList<float>? ClassWeights) : CustomOperation
{
    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireCount(inputs, 2);
        RequireElementType(inputs, 0, ElementType.Float32);
        RequireElementType(inputs, 1, ElementType.Int32);
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) => new Value?[node.Inputs.Length];

    /// <inheritdoc/>
    public override void Compute(OperationRun run)
    {
        ReadOnlySpan<float> losses = run.Input();
        ReadOnlySpan<int> labels = run.IntegerInput(1);
        Span<float> weights = run.Output();
        float least = Hard is null ? float.NegativeInfinity : LeastLoss(losses, labels);
        double sum = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            float weight = labels[i] < 0 ? 0 : ClassWeights is null ? 1 : ClassWeights[labels[i]];
            sum += weight;
            weights[i] = losses[i] > least ? weight : 0;
        }

        float divisor = (float)(!Labelled ? weights.Length : sum > 0 ? sum : 1);
        foreach (ref float weight in weights)
        {
            weight /= divisor;
        }
    }

    private float LeastLoss(ReadOnlySpan<float> losses, ReadOnlySpan<int> labels)
    {
        float[] labelled = ArrayPool<float>.Shared.Rent(losses.Length);
        int count = 0;
        for (int i = 0; i < losses.Length; i++)
        {
            if (labels[i] >= 0)
            {
                labelled[count++] = losses[i];
            }
        }

        float least = Hard!.LeastLoss(labelled.AsSpan(0, count), Images);
        ArrayPool<float>.Shared.Return(labelled);
        return least;
    }
}
