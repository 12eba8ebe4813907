using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Fovea.Tests.Formats;

/// <summary>A test that asks PyTorch itself: it takes part only where Debian's python3-torch is installed.</summary>
internal sealed class TorchFactAttribute : FactAttribute
{
    private const string Python = "/usr/bin/python3";
    private static readonly Lazy<bool> _isInstalled = new(() => Has("torch"));

    public TorchFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber) => Explicit = !_isInstalled.Value;

    /// <summary>True if Debian's Python has a module.</summary>
    public static bool Has(string module) => File.Exists(Python)
        && Run($"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)").ExitCode == 0;

    /// <summary>Runs a program of Python.</summary>
    /// <param name="program">The program's text.</param>
    /// <param name="arguments">What it finds in sys.argv, from the second place on.</param>
    public static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(
            Python, ["-c", program, .. arguments])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
