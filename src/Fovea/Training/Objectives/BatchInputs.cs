using Fovea.Data;
using Fovea.Engine.Execution;

namespace Fovea.Training;

/// <summary>Copies batches into plans.</summary>
public static class BatchInputs
{
    /// <summary>
    /// Copies every array of a batch into the plan's input of the same name; of images only the batch's <see cref="Batch.Window"/>.
    /// </summary>
    /// <param name="plan">A plan of a training graph.</param>
    /// <param name="batch">The batch.</param>
    /// <exception cref="ArgumentException">The plan has no input of an array's name, or one of another length or element type.</exception>
    public static void Fill(this Plan plan, Batch batch)
    {
        foreach (BatchArray array in batch.Arrays)
        {
            string name = array.Field.Name;
            if (array.Field.Element == BatchElement.Int32)
            {
                Copy(array.Integers, plan.IntegerInput(name), name);
            }
            else if (name == Batch.ImagesName && batch.Window is ImageSize window)
            {
                CopyWindow(array, window, plan.Input(name));
            }
            else
            {
                Copy(array.Floats, plan.Input(name), name);
            }
        }
    }

    private static void CopyWindow(BatchArray images, ImageSize window, Span<float> destination)
    {
        (int width, int channels) = (images.Field.Shape[1], images.Field.Shape[2]);
        int row = window.Width * channels;
        int rows = images.Floats.Length / images.Field.RowLength * window.Height;
        if (destination.Length != rows * row)
        {
            throw new ArgumentException(
                $"The batch's images are {window.Height}×{window.Width}, the plan's input '{Batch.ImagesName}' is of another size.");
        }

        for (int i = 0; i < rows; i++)
        {
            (int image, int y) = Math.DivRem(i, window.Height);
            images.FloatRow(image).Slice(y * width * channels, row).CopyTo(destination[(i * row)..]);
        }
    }

    private static void Copy<T>(ReadOnlySpan<T> source, Span<T> destination, string name)
    {
        if (source.Length != destination.Length)
        {
            throw new ArgumentException(
                $"The batch's array '{name}' has {source.Length} elements, the plan's input of that name {destination.Length}.");
        }

        source.CopyTo(destination);
    }
}
