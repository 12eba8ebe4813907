using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Fovea.Formats;

/// <summary>A file mapped into memory for reading: opening costs nothing, and only the pages that are looked at are fetched.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _start;
    private bool _disposed;

    private MappedFile(string path, FileStream stream)
    {
        Path = path;
        Length = stream.Length;

        // An empty file cannot be mapped, and has nothing to read.
        if (Length > 0)
        {
            _file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        }
        else
        {
            stream.Dispose();
        }
    }

    /// <summary>The file's name, as given.</summary>
    public string Path { get; }

    /// <summary>The file's size in bytes when it was opened.</summary>
    public long Length { get; }

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidFileException">It does not exist or cannot be read.</exception>
    public static MappedFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // Pipes and devices have no length, and opening a pipe that nobody writes to would wait for ever.
        if (new FileInfo(path) is { Exists: true, Length: 0 })
        {
            throw new InvalidFileException(
                path, "it is empty, or a pipe or device", "Give a regular file with content: it is read in no fixed order.");
        }

        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return new MappedFile(path, stream);
        }
        catch (Exception error)
        {
            stream?.Dispose();
            throw error switch
            {
                FileNotFoundException or DirectoryNotFoundException => new InvalidFileException(
                    path, "there is no such file", "Check the path.", error),
                UnauthorizedAccessException => new InvalidFileException(
                    path, "it is a folder or may not be read", "Name a file that you can read.", error),
                IOException => new InvalidFileException(
                    path, $"it cannot be read ({error.Message.TrimEnd('.')})", "Check the disk.", error),
                _ => error,
            };
        }
    }

    /// <summary>A part of the file; valid until it is closed.</summary>
    /// <param name="start">The first byte.</param>
    /// <param name="length">The number of bytes, all of which lie in the file.</param>
    public ReadOnlySpan<byte> Slice(long start, int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - length);
        return new ReadOnlySpan<byte>(_start + start, length);
    }

    /// <summary>A part of the file as numbers, where it lies; valid until the file is closed.</summary>
    /// <param name="start">The first byte, a multiple of 4.</param>
    /// <param name="count">Number of values, all of which lie in the file.</param>
    public ReadOnlyMemory<float> Floats(long start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(start % sizeof(float), 0, nameof(start));
        return new NativeFloats((float*)Unsafe.AsPointer(in MemoryMarshal.GetReference(Slice(start, count * sizeof(float)))), count).Memory;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file?.Dispose();
        }
    }
}
