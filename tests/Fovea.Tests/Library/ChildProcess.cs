using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Fovea.Tests.Library;

/// <summary>
/// A program started beside the tests: nothing of the build that started the tests shows in its environment, and it never outlives its
/// test.
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(4);
    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];
    private readonly ConcurrentQueue<string> _all = new();

    /// <summary>Starts a program.</summary>
    public ChildProcess(string program, IEnumerable<string> arguments, string folder, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] ofMsBuild =
            [.. start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase))];
        foreach (string name in ofMsBuild)
        {
            start.Environment.Remove(name);
        }

        (string, string)[] quiet =
        [
            ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"),
            ("DOTNET_NOLOGO", "1"),
            ("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false"),
            ("DOTNET_ROOT", Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."))),
            ("MSBUILDDISABLENODEREUSE", "1"),
            ("UseSharedCompilation", "false"),
        ];
        foreach ((string name, string value) in quiet.Concat(environment))
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Take(line.Data);
        _process.ErrorDataReceived += (_, line) => Take(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The folder that holds Fovea.slnx.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>Debug or Release, as the tests themselves were built.</summary>
    public static string Configuration { get; } =
        typeof(ChildProcess).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>Runs <c>dotnet</c> to its end, which must be a good one, and gives what it wrote.</summary>
    public static string Dotnet(string folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        using ChildProcess child = new("dotnet", arguments, folder, environment);
        return child.End();
    }

    /// <summary>Waits for the program's end, which must be a good one, and gives what it wrote.</summary>
    public string End()
    {
        string what = $"{Path.GetFileName(_process.StartInfo.FileName)} {string.Join(' ', _process.StartInfo.ArgumentList)}";
        Assert.True(_process.WaitForExit(_patience), $"{what} did not end:\n{string.Join('\n', _all)}");
        _process.WaitForExit();
        string output = string.Join('\n', _all);
        Assert.True(_process.ExitCode == 0, $"{what} ended with {_process.ExitCode}:\n{output}");
        return output;
    }

    /// <summary>Waits for a line with the given words and gives what follows them.</summary>
    public string WaitFor(string words)
    {
        using CancellationTokenSource patience = new(_patience);
        foreach (string line in _lines.GetConsumingEnumerable(patience.Token))
        {
            if (line.IndexOf(words, StringComparison.Ordinal) is int at and >= 0)
            {
                return line[(at + words.Length)..];
            }
        }

        throw new InvalidOperationException($"'{words}' never came:\n{string.Join('\n', _all)}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
        _lines.Dispose();
    }

    private void Take(string? line)
    {
        if (line is not null)
        {
            _all.Enqueue(line);
            _lines.Add(line);
        }
    }

    private static string FindRepository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Fovea.slnx")))
        {
            folder = Path.GetDirectoryName(folder)
                ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds Fovea.slnx.");
        }

        return folder;
    }
}
