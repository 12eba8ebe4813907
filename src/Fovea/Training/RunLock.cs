using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Fovea.Formats;

namespace Fovea.Training;

/// <summary>
/// Lock that keeps a second process out of a run's folder: a file with the number, the start and the host of the process at work. A file
/// that a killed process left is recognised and replaced.
/// </summary>
internal static class RunLock
{
    private const string Name = "run.lock";
    private const int Tries = 3;

    // The same process sees its own start some moments apart, as it is counted from the start of the system.
    private static readonly TimeSpan _tolerance = TimeSpan.FromMinutes(2);
    private static readonly ConcurrentDictionary<string, bool> _held = new();
    private static readonly string _own = Describe();

    static RunLock() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (string path in _held.Keys)
        {
            Release(Path.GetDirectoryName(path)!);
        }
    };

    /// <summary>Takes the lock for this process, which may have it already, until it is released or the process ends.</summary>
    /// <param name="folder">The run's folder, which exists and can be written.</param>
    /// <exception cref="UnwritableFileException">Another process is at work in the folder.</exception>
    public static void Take(string folder)
    {
        string path = PathIn(folder);
        for (int i = 0; i < Tries; i++)
        {
            try
            {
                using (StreamWriter writer = new(new FileStream(path, FileMode.CreateNew, FileAccess.Write)))
                {
                    writer.Write(_own);
                }

                _held[path] = true;
                return;
            }
            catch (IOException) when (File.Exists(path))
            {
                string? text = Read(path);
                if (text == _own)
                {
                    return;
                }

                if (text is not null && IsAlive(text))
                {
                    throw InUse(folder, path, text);
                }

                File.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw UnwritableFileException.From(path, error);
            }
        }

        throw InUse(folder, path, Read(path) ?? "");
    }

    /// <summary>Gives the lock back, where this process has it.</summary>
    /// <param name="folder">The run's folder.</param>
    public static void Release(string folder)
    {
        string path = PathIn(folder);
        if (_held.TryRemove(path, out _) && Read(path) == _own)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Whoever comes next sees that the process is gone.
            }
        }
    }

    /// <summary>True if a process is at work in a folder, this one included.</summary>
    /// <param name="folder">The run's folder.</param>
    public static bool IsHeld(string folder) => Read(PathIn(folder)) is string text && IsAlive(text);

    private static string Describe()
    {
        using Process process = Process.GetCurrentProcess();
        return $"{process.Id} {process.StartTime.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture)} {Environment.MachineName}";
    }

    /// <summary>True unless the process of a lock is certainly gone: it was of this host, and has ended since.</summary>
    private static bool IsAlive(string text)
    {
        // A file that is cut short or holds something else belongs to no process that still could say so.
        if (text.Split(' ', 3) is not [string number, string start, string host]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
            || !DateTime.TryParse(start, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime started))
        {
            return false;
        }

        if (host != Environment.MachineName)
        {
            return true;
        }

        try
        {
            using Process process = Process.GetProcessById(id);
            return (process.StartTime.ToUniversalTime() - started).Duration() < _tolerance;
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It is gone; or, of another user, its start may not be seen, and then it is there.
            return error is System.ComponentModel.Win32Exception;
        }
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static UnwritableFileException InUse(string folder, string path, string text)
    {
        string[] words = text.Split(' ', 3);
        string who = words.Length == 3 ? $"process {words[0]} on {words[2]}" : "another process";
        return new UnwritableFileException(
            folder,
            $"{who} is training in it",
            $"Choose another folder, or wait. If that process is certainly gone, remove {path}.");
    }

    private static string PathIn(string folder) => Path.Combine(Path.GetFullPath(folder), Name);
}
