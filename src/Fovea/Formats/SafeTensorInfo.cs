namespace Fovea.Formats;

/// <summary>Description of one tensor in the header of a safetensors file.</summary>
/// <param name="Name">The tensor's name, unique in the file.</param>
/// <param name="ElementType">The type of the stored elements.</param>
/// <param name="Shape">The sizes, slowest first; empty for a scalar.</param>
/// <param name="Offset">Position of the values, in bytes from the start of the file.</param>
/// <param name="ByteCount">The bytes that the values take.</param>
public sealed record SafeTensorInfo(string Name, SafeTensorType ElementType, IReadOnlyList<int> Shape, long Offset, long ByteCount)
    : TensorInfo(Name, ElementType, Shape);
