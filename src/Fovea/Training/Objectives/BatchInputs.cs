using Fovea.Data;
using Fovea.Engine.Execution;

namespace Fovea.Training;

/// <summary>Copies batches into plans.</summary>
public static class BatchInputs
{
    /// <summary>Copies every array of a batch into the plan's input of the same name.</summary>
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
            else
            {
                Copy(array.Floats, plan.Input(name), name);
            }
        }
    }

    private static void Copy<T>(ReadOnlySpan<T> source, Span<T> destination, string name)
    {
        if (source.Length != destination.Length)
        {
            throw new ArgumentException($"The batch's array '{name}' has {source.Length} elements, the plan's input of that name {destination.Length}.");
        }

        source.CopyTo(destination);
    }
}
