using System.Buffers;
using System.Numerics.Tensors;
using Fovea.Engine;

namespace Fovea.Data;

/// <summary>
/// Mixes each image of a batch, and its targets, with the image that stands opposite in the batch, as timm's <c>Mixup</c> does. Targets
/// must be numbers, such as those of a <see cref="DistributionLayout"/>; every array of the batch but the images is mixed as they are.
/// </summary>
public sealed class BatchMixing : IBatchTransform
{
    private readonly Mixing _options;
    private readonly int _epochs;

    /// <summary>Makes the transform.</summary>
    /// <param name="options">Distributions and probabilities.</param>
    /// <param name="epochs">Epochs of the run, the last <see cref="Mixing.PlainEpochs"/> of which are left as they are.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    public BatchMixing(Mixing options, int epochs)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_options, _epochs) = (options, epochs);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The batch holds integers, such as class indices, which cannot be mixed.</exception>
    public void Apply(Batch batch, ref KeyedRandom random)
    {
        ArgumentNullException.ThrowIfNull(batch);
        RequireNumbers(batch);
        if (batch.Epoch >= _epochs - _options.PlainEpochs)
        {
            return;
        }

        if (_options.Mode == MixingMode.Batch)
        {
            Mix(batch, MixingDraw.Take(_options, batch, ref random));
            return;
        }

        // The middle image of an odd batch has no partner but itself.
        for (int row = 0; row < batch.Count / 2; row++)
        {
            MixingDraw one = MixingDraw.Take(_options, batch, ref random);
            MixPair(batch, row, one, MixingDraw.Take(_options, batch, ref random));
        }
    }

    /// <summary>Mixes a whole batch by one draw.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="draw">The draw.</param>
    internal static void Mix(Batch batch, MixingDraw draw)
    {
        for (int row = 0; row < batch.Count / 2 && draw.Share < 1; row++)
        {
            MixPair(batch, row, draw, draw);
        }
    }

    private static void RequireNumbers(Batch batch)
    {
        for (int i = 0; i < batch.Arrays.Count; i++)
        {
            if (batch.ArrayAt(i).Field is { Element: not BatchElement.Float32 } field)
            {
                throw new InvalidOperationException(
                    $"The batch's array '{field.Name}' holds integers, which cannot be mixed. "
                    + "Mixing asks for targets that are distributions, as a DistributionLayout writes them.");
            }
        }
    }

    private static void MixPair(Batch batch, int row, MixingDraw draw, MixingDraw otherDraw)
    {
        for (int i = 0; i < batch.Arrays.Count; i++)
        {
            BatchArray array = batch.ArrayAt(i);
            Span<float> one = array.FloatRow(row);
            Span<float> other = array.FloatRow(batch.Count - 1 - row);
            float[] copy = ArrayPool<float>.Shared.Rent(one.Length);
            Span<float> before = copy.AsSpan(0, one.Length);
            one.CopyTo(before);
            Mix(array.Field, one, other, draw);
            Mix(array.Field, other, before, otherDraw);
            ArrayPool<float>.Shared.Return(copy);
        }
    }

    private static void Mix(BatchField field, Span<float> row, ReadOnlySpan<float> partner, MixingDraw draw)
    {
        if (draw.Share == 1)
        {
            return;
        }

        if (draw.Box is RandomCrop box && field.Name == Batch.ImagesName)
        {
            int pixel = field.Shape[2];
            for (int y = box.Top; y < box.Top + box.Height; y++)
            {
                int start = ((y * field.Shape[1]) + box.Left) * pixel;
                partner.Slice(start, box.Width * pixel).CopyTo(row[start..]);
            }

            return;
        }

        TensorPrimitives.Multiply(row, draw.Share, row);
        TensorPrimitives.MultiplyAdd(partner, 1 - draw.Share, row, row);
    }
}
