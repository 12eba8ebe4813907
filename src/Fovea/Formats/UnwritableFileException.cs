namespace Fovea.Formats;

/// <summary>
/// Error of a file or folder that cannot be written: the folder is read-only or missing, the disk is full, or something is in the way.
/// </summary>
public sealed class UnwritableFileException : FileException
{
    /// <summary>Makes the error with advice for people.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="problem">What stood in the way, without a final full stop.</param>
    /// <param name="advice">What to do about it: a whole sentence.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public UnwritableFileException(string path, string problem, string advice, Exception? cause = null)
        : this(path, problem, [new Remedy.Advice(advice)], cause)
    {
    }

    /// <summary>Makes the error with remedies that a program may act on.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="problem">What stood in the way, without a final full stop.</param>
    /// <param name="remedies">What to do about it, at least one.</param>
    /// <param name="cause">The lower error that led here, if any.</param>
    public UnwritableFileException(string path, string problem, IReadOnlyList<Remedy> remedies, Exception? cause = null)
        : base(path, problem, remedies, cause)
    {
    }

    /// <summary>Puts an error of the file system into words.</summary>
    /// <param name="path">The file or folder that was to be written.</param>
    /// <param name="error">The error that the file system gave.</param>
    internal static UnwritableFileException From(string path, Exception error) => error switch
    {
        UnauthorizedAccessException => new(path, "it may not be written", "Choose a folder that you can write to.", error),
        DirectoryNotFoundException => new(path, "its folder does not exist", "Make the folder first, or choose another one.", error),
        IOException when IsDiskFull(error) => new(path, "the disk is full", "Free some space or choose another disk.", error),
        _ => new(path, $"it cannot be written ({error.Message.TrimEnd('.')})", "Choose another folder.", error),
    };

    // .NET keeps the system's error number in HResult: ENOSPC or EDQUOT, on Windows ERROR_DISK_FULL or ERROR_HANDLE_DISK_FULL.
    private static bool IsDiskFull(Exception error) =>
        OperatingSystem.IsWindows() ? (error.HResult & 0xFFFF) is 112 or 39 : error.HResult is 28 or 122;
}
