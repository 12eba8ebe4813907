using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Fovea.Formats;

/// <summary>
/// An open safetensors file. The file is mapped into memory, so opening costs nothing and a tensor's values are copied (and converted) only when
/// they are asked for. Reading from many threads at once is safe; disposing while others read is not.
/// </summary>
public sealed unsafe class SafeTensorsFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    private SafeTensorsFile(string path, SafeTensorsHeader header, FileStream stream)
    {
        Path = path;
        Metadata = header.Metadata;
        Tensors = header.Tensors;
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        Handle.AcquirePointer(ref _start);
    }

    /// <summary>The file's name, as given.</summary>
    public string Path { get; }

    /// <summary>The text entries of the metadata; empty where the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorInfo> Tensors { get; }

    private SafeMemoryMappedViewHandle Handle => _view.SafeMemoryMappedViewHandle;

    /// <summary>Opens a file and checks its header against its size.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidFileException">The file does not exist, cannot be read, is damaged, or its header lies.</exception>
    public static SafeTensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return new SafeTensorsFile(path, SafeTensorsHeader.Read(stream, path), stream);
        }
        catch (Exception error)
        {
            stream?.Dispose();
            throw error switch
            {
                FileNotFoundException or DirectoryNotFoundException => new InvalidFileException(path, "there is no such file", "Check the path.", error),
                UnauthorizedAccessException => new InvalidFileException(path, "it is a folder or may not be read", "Name a file that you can read.", error),
                IOException => new InvalidFileException(path, $"it cannot be read ({error.Message.TrimEnd('.')})", "Check the disk.", error),
                _ => error,
            };
        }
    }

    /// <summary>What the file says about one tensor.</summary>
    /// <exception cref="InvalidFileException">The file has no tensor of that name.</exception>
    public SafeTensorInfo Info(string name) => Tensors.TryGetValue(name, out SafeTensorInfo? info)
        ? info
        : throw new InvalidFileException(Path, $"it has no tensor '{name}'", "Use a checkpoint of the model that is being loaded.");

    /// <summary>Copies a tensor's values, in row-major order, converting any element type to 32-bit floating point.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">As long as the tensor has elements.</param>
    /// <exception cref="InvalidFileException">The file has no tensor of that name, or it has another number of elements.</exception>
    public void ReadFloats(string name, Span<float> destination)
    {
        ReadOnlySpan<byte> bytes = Values(name, destination.Length, out SafeTensorType type);
        switch (type)
        {
            case SafeTensorType.F32 when BitConverter.IsLittleEndian:
                bytes.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case SafeTensorType.F32:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
                }

                break;
            case SafeTensorType.F16:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..]);
                }

                break;
            case SafeTensorType.BF16:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) << 16);
                }

                break;
            case SafeTensorType.F64:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                }

                break;
            default:
                for (int i = 0; i < destination.Length; i++)
                {
                    destination[i] = Integer(bytes, type, i);
                }

                break;
        }
    }

    /// <summary>Copies the values of a tensor of integers (or truth values), in row-major order.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">As long as the tensor has elements.</param>
    /// <exception cref="InvalidFileException">
    /// The file has no tensor of that name, it has another number of elements, or they are not integers.
    /// </exception>
    public void ReadInt64s(string name, Span<long> destination)
    {
        ReadOnlySpan<byte> bytes = Values(name, destination.Length, out SafeTensorType type);
        if (type is SafeTensorType.F32 or SafeTensorType.F16 or SafeTensorType.BF16 or SafeTensorType.F64)
        {
            throw new InvalidFileException(Path, $"tensor '{name}' has elements of type {type.Code()} where integers are expected", "Use the file that belongs here.");
        }

        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = Integer(bytes, type, i);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (!Handle.IsClosed)
        {
            Handle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private static long Integer(ReadOnlySpan<byte> bytes, SafeTensorType type, int index) => type switch
    {
        SafeTensorType.I64 => BinaryPrimitives.ReadInt64LittleEndian(bytes[(int)(8L * index)..]),
        SafeTensorType.I32 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * index)..]),
        SafeTensorType.I16 => BinaryPrimitives.ReadInt16LittleEndian(bytes[(2 * index)..]),
        SafeTensorType.I8 => (sbyte)bytes[index],
        SafeTensorType.U8 => bytes[index],
        _ => bytes[index] != 0 ? 1 : 0,
    };

    private ReadOnlySpan<byte> Values(string name, int count, out SafeTensorType type)
    {
        ObjectDisposedException.ThrowIf(Handle.IsClosed, this);
        SafeTensorInfo info = Info(name);
        if (info.Count != count)
        {
            throw new InvalidFileException(
                Path,
                $"tensor '{name}' has {info.Count} elements (shape [{string.Join(", ", info.Shape)}]) where {count} are expected",
                "Use a checkpoint of the model that is being loaded, with the same options.");
        }

        if (info.ByteCount > int.MaxValue)
        {
            throw new InvalidFileException(Path, $"tensor '{name}' takes {info.ByteCount} bytes, more than the 2 GiB that can be read at once", "Split the tensor.");
        }

        type = info.ElementType;
        return new ReadOnlySpan<byte>(_start + info.Offset, (int)info.ByteCount);
    }
}
