namespace Fovea.Formats;

/// <summary>
/// Named tensors that can be read, whatever the format of the file they lie in. Reading from many threads at once is safe.
/// </summary>
public interface ICheckpointSource
{
    /// <summary>The file's name, as given.</summary>
    string Path { get; }

    /// <summary>Descriptions of all tensors, in the file's order where it has one.</summary>
    IEnumerable<TensorInfo> TensorInfos { get; }

    /// <summary>Gives the description of one tensor.</summary>
    /// <exception cref="InvalidFileException">The checkpoint has no tensor of that name.</exception>
    TensorInfo Info(string name);

    /// <summary>Copies a tensor's values, in row-major order, converting any element type to 32-bit floating point.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">As long as the tensor has elements.</param>
    /// <exception cref="InvalidFileException">The checkpoint has no tensor of that name, or it has another number of elements.</exception>
    void ReadFloats(string name, Span<float> destination);

    /// <summary>Copies the values of a tensor of integers (or truth values), in row-major order.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">As long as the tensor has elements.</param>
    /// <exception cref="InvalidFileException">
    /// The checkpoint has no tensor of that name, it has another number of elements, or they are not integers.
    /// </exception>
    void ReadInt64s(string name, Span<long> destination);
}

/// <summary>The errors that every kind of checkpoint words alike.</summary>
internal static class CheckpointErrors
{
    /// <summary>A tensor that is asked for does not exist.</summary>
    public static InvalidFileException NoTensor(string path, string name) =>
        new(path, $"it has no tensor '{name}'", "Use a checkpoint of the model that is being loaded.");

    /// <summary>Throws unless a tensor has as many elements as are expected.</summary>
    public static void CheckCount(string path, TensorInfo info, int expected)
    {
        if (info.Count != expected)
        {
            throw new InvalidFileException(
                path,
                $"tensor '{info.Name}' has {info.Count} elements (shape [{string.Join(", ", info.Shape)}]) where {expected} are expected",
                "Use a checkpoint of the model that is being loaded, with the same options.");
        }
    }

    /// <summary>Throws unless a tensor holds integers or truth values.</summary>
    public static void CheckIntegers(string path, TensorInfo info)
    {
        if (info.ElementType.IsFloatingPoint())
        {
            throw new InvalidFileException(
                path,
                $"tensor '{info.Name}' has elements of type {info.ElementType.Code()} where integers are expected",
                "Use the file that belongs here.");
        }
    }
}
