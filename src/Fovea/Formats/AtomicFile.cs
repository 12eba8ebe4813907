namespace Fovea.Formats;

/// <summary>
/// Writes a file so that its name always holds a whole one: the new content goes to a temporary file in the same folder, reaches the disk,
/// and only then takes the name. Whatever fails on the way, the temporary file is removed and the old file stays.
/// </summary>
public static class AtomicFile
{
    private const string TemporarySuffix = ".partial";

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="write">Writes the content; the stream is buffered.</param>
    /// <param name="cancellation">Stops the write before the new file takes the name.</param>
    /// <exception cref="UnwritableFileException">The folder is missing or read-only, or the disk is full.</exception>
    /// <exception cref="OperationCanceledException">The write was cancelled; the old file stays.</exception>
    public static void Write(string path, Action<Stream> write, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        cancellation.ThrowIfCancellationRequested();

        string target = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(target) ?? throw new ArgumentException(
            $"'{path}' names a root folder, not a file.", nameof(path));
        string temporary = Path.Combine(folder, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}{TemporarySuffix}");
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                cancellation.ThrowIfCancellationRequested();
                stream.Flush(flushToDisk: true);
            }

            cancellation.ThrowIfCancellationRequested();
            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception error)
        {
            DeleteQuietly(temporary);
            if (error is IOException or UnauthorizedAccessException)
            {
                throw UnwritableFileException.From(path, error);
            }

            throw;
        }
    }

    /// <summary>Writes a text file (UTF-8) whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="text">The content.</param>
    /// <exception cref="UnwritableFileException">The folder is missing or read-only, or the disk is full.</exception>
    public static void WriteText(string path, string text) => Write(path, stream =>
    {
        using StreamWriter writer = new(stream, leaveOpen: true);
        writer.Write(text);
    });

    /// <summary>Removes temporary files that a killed process left in a folder.</summary>
    /// <param name="folder">The folder, which exists and is used by no other process.</param>
    internal static void RemoveLeftovers(string folder)
    {
        foreach (string leftover in Directory.EnumerateFiles(folder, ".*" + TemporarySuffix))
        {
            DeleteQuietly(leftover);
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report.
        }
    }
}
