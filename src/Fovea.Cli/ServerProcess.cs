using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Fovea.Cli;

/// <summary>
/// The server, a program beside this one: <c>fovea-server</c> as a native program, else <c>Fovea.Server.dll</c> for .NET. So the command
/// stays small, and starts without ASP.NET Core.
/// </summary>
internal static partial class ServerProcess
{
    private const string Native = "fovea-server";
    private const string Managed = "Fovea.Server.dll";

    /// <summary>Gives this process over to the server, where the system can do that, or starts it and waits for its end.</summary>
    /// <param name="arguments">The server's arguments.</param>
    /// <param name="cancellation">Cancelled by Ctrl-C before the server begins; afterwards the server hears it itself.</param>
    /// <returns>Exit code of the server.</returns>
    /// <exception cref="FileNotFoundException">There is no server beside this program.</exception>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        string[] command = [.. Command(), .. arguments];
        if (!OperatingSystem.IsWindows())
        {
            // Signals, exit code and process number are then the server's own. It returns only where it fails.
            _ = Execute(command[0], [.. command, null]);
            throw new IOException($"{command[0]} cannot be started: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        using Process server = Process.Start(new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false })!;
        await server.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        return server.ExitCode;
    }

    private static string[] Command()
    {
        string native = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? $"{Native}.exe" : Native);
        if (File.Exists(native))
        {
            return [native];
        }

        string managed = Path.Combine(AppContext.BaseDirectory, Managed);
        return File.Exists(managed)
            ? [Host(), managed]
            : throw new FileNotFoundException(
                $"The server is not here: {native} is missing. 'dotnet publish src/Fovea.Server -p:PublishProfile=native' makes it.");
    }

    /// <summary>The program <c>dotnet</c> of the runtime that this process runs on.</summary>
    private static string Host()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";

        // Runtimes lie in shared/Microsoft.NETCore.App/VERSION below the program.
        string beside = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(beside) ? beside : name;
    }

    [LibraryImport("libc", EntryPoint = "execvp", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string file, string?[] arguments);
}
