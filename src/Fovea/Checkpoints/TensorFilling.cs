using System.Numerics.Tensors;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Checkpoints;

/// <summary>
/// Carries tensors between files and a network's memory: layouts are reordered, and tables of another image size resized.
/// </summary>
internal static class TensorFilling
{
    /// <summary>
    /// The shape of a file's tensor as the engine stores it, if that is the tensor's own or can be resized to it; null otherwise.
    /// </summary>
    /// <param name="info">Description in the file.</param>
    /// <param name="tensor">The network's tensor.</param>
    public static Shape? StoredShape(TensorInfo info, Parameter tensor)
    {
        if (info.Shape.SequenceEqual(tensor.CheckpointShape))
        {
            return tensor.Shape;
        }

        if (tensor.Resizing is null || info.Shape.Contains(0) || info.Count > int.MaxValue)
        {
            return null;
        }

        Shape? stored = tensor.Layout.StoredShape(Shape.Create([.. info.Shape]));
        return stored is not null && tensor.Resizing.Fits(stored, tensor.Shape) ? stored : null;
    }

    /// <summary>Refuses values that are not finite, which would make every answer "not a number".</summary>
    /// <param name="source">The file.</param>
    /// <param name="name">The tensor's name in it.</param>
    /// <param name="values">Values of the tensor.</param>
    /// <exception cref="InvalidFileException">One is not finite.</exception>
    public static void RequireFinite(ICheckpointSource source, string name, ReadOnlySpan<float> values)
    {
        if (!TensorPrimitives.IsFiniteAll(values))
        {
            throw new InvalidFileException(
                source.Path,
                $"the tensor {ExceptionText.Quote(name)} holds values that are not finite (NaN or infinity), as training that "
                    + "diverged leaves",
                "Take an earlier checkpoint of that training.");
        }
    }

    /// <summary>Fills one tensor from a file.</summary>
    /// <param name="source">The file.</param>
    /// <param name="name">The tensor's name in it.</param>
    /// <param name="tensor">Tensor that is filled; its shape fits, as <see cref="StoredShape"/> tells.</param>
    /// <exception cref="InvalidFileException">The file has no such tensor, or cannot be read.</exception>
    public static void Fill(ICheckpointSource source, string name, Parameter tensor)
    {
        Shape stored = StoredShape(source.Info(name), tensor) ?? throw new ArgumentException(
            $"The shape of {name} does not fit.", nameof(tensor));
        bool resized = !stored.Equals(tensor.Shape);
        if (!resized && tensor.Layout.KeepsOrder(stored))
        {
            source.ReadFloats(name, tensor.Variable.Data);
            RequireFinite(source, name, tensor.Variable.Data);
            return;
        }

        float[] values = new float[stored.Elements];
        source.ReadFloats(name, values);
        RequireFinite(source, name, values);
        if (!resized)
        {
            tensor.Layout.FromCheckpoint(stored, values, tensor.Variable.Data);
            return;
        }

        float[] table = new float[values.Length];
        tensor.Layout.FromCheckpoint(stored, values, table);
        PositionTransfer.Resize(tensor, stored, table, tensor.Variable.Data);
    }

    /// <summary>Reads a tensor of the network's own shape in the engine's order.</summary>
    /// <param name="source">The file.</param>
    /// <param name="name">The tensor's name in it.</param>
    /// <param name="tensor">The network's tensor.</param>
    /// <param name="values">Memory that takes the values.</param>
    /// <exception cref="InvalidFileException">The file has no such tensor, or cannot be read.</exception>
    internal static void Read(ICheckpointSource source, string name, Parameter tensor, Span<float> values)
    {
        source.ReadFloats(name, values);
        if (!tensor.Layout.KeepsOrder(tensor.Shape))
        {
            tensor.Layout.FromCheckpoint(tensor.Shape, values.ToArray(), values);
        }
    }

    /// <summary>
    /// Lets a tensor use its values where they lie in a file, or in lent memory where the engine has them in another order; fills it where
    /// the file holds other values than the engine.
    /// </summary>
    /// <param name="file">The file, which stays open until the tensor gives the values back.</param>
    /// <param name="lent">Memory, which lasts as long.</param>
    /// <param name="name">The tensor's name in it.</param>
    /// <param name="tensor">Tensor that is given values; its shape fits, as <see cref="StoredShape"/> tells.</param>
    /// <exception cref="InvalidFileException">The file has no such tensor, or cannot be read.</exception>
    internal static void FillInPlace(SafeTensorsFile file, StagingMemory lent, string name, Parameter tensor)
    {
        if (!tensor.Shape.Equals(StoredShape(file.Info(name), tensor)) || !file.TryInPlace(name, out ReadOnlyMemory<float> values))
        {
            Fill(file, name, tensor);
        }
        else if (tensor.Layout.KeepsOrder(tensor.Shape))
        {
            RequireFinite(file, name, values.Span);
            tensor.Variable.MapExternal(values);
        }
        else
        {
            RequireFinite(file, name, values.Span);
            Memory<float> reordered = lent.Take(values.Length);
            tensor.Layout.FromCheckpoint(tensor.Shape, values.Span, reordered.Span);
            tensor.Variable.MapExternal(reordered);
        }
    }

    /// <summary>
    /// The tensors of a network as files hold them: PyTorch's layout, counters as 64-bit integers. Values are taken when they are written.
    /// </summary>
    /// <param name="state">The network's tensors.</param>
    /// <param name="nameOf">
    /// The name that a tensor gets in the file, or null for one that is left out; the official one where nothing is given.
    /// </param>
    /// <param name="weights">Element type of tensors of several axes: 32 or 16 bits.</param>
    public static IEnumerable<SafeTensor> ToFile(
        ParameterStore state, Func<string, string?>? nameOf = null, SafeTensorType weights = SafeTensorType.F32)
    {
        if (weights is not (SafeTensorType.F32 or SafeTensorType.F16))
        {
            throw new ArgumentException($"Weights are stored as F32 or F16, not as {weights}.", nameof(weights));
        }

        foreach ((string official, Parameter tensor) in state.Tensors)
        {
            string? name = nameOf is null ? official : nameOf(official);
            if (name is not null)
            {
                yield return ToFile(name, tensor, weights);
            }
        }
    }

    private static SafeTensor ToFile(string name, Parameter tensor, SafeTensorType weights)
    {
        if (tensor.Kind == ParameterKind.Counter)
        {
            return SafeTensor.FromInt64s(name, [], new[] { (long)tensor.Variable.Data[0] });
        }

        return weights == SafeTensorType.F16 && tensor.CheckpointShape.Count > 1
            ? SafeTensor.FromHalves(name, tensor.CheckpointShape, () => ToHalves(name, Values()))
            : SafeTensor.FromFloats(name, tensor.CheckpointShape, () => Values());

        float[] Values()
        {
            float[] values = new float[tensor.Shape.Elements];
            tensor.Layout.ToCheckpoint(tensor.Shape, tensor.Variable.Data, values);
            return values;
        }
    }

    private static Half[] ToHalves(string name, float[] values)
    {
        float largest = TensorPrimitives.MaxMagnitude<float>(values);
        if (MathF.Abs(largest) > (float)Half.MaxValue)
        {
            throw new UnusableDataException(
                $"The tensor {name} holds {largest}, and numbers of 16 bits end at {Half.MaxValue}. Store the weights in 32 bits.");
        }

        Half[] halves = new Half[values.Length];
        TensorPrimitives.ConvertToHalf(values, halves);
        return halves;
    }
}
