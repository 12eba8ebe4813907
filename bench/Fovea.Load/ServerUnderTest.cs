using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Fovea.Load;

/// <summary>A server in a process of its own, on a free port of this machine, from its start to its end.</summary>
internal sealed class ServerUnderTest : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly List<string> _log = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private ServerUnderTest(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.Add(line.Data ?? "");
            }
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>Address of the server.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Time from the start of the process to its first answer that it is ready.</summary>
    public TimeSpan TimeToReady { get; private set; }

    /// <summary>
    /// Bytes of its own that the process has resident: without mapped files, which the system drops and reads as it likes.
    /// </summary>
    public long ResidentBytes =>
        long.Parse(
            File.ReadLines($"/proc/{_process.Id}/status").Single(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))[8..^2],
            NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture) << 10;

    /// <summary>Time of all processors that the process has taken.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Lines of the server's log.</summary>
    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_log)
            {
                return [.. _log];
            }
        }
    }

    /// <summary>Starts Fovea's server and waits until it is ready.</summary>
    /// <param name="program">The program: a native one, or Fovea.Server.dll for .NET; the one beside this where null.</param>
    /// <param name="arguments">Configuration, such as <c>--Fovea:MaxBatch=8</c>.</param>
    public static Task<ServerUnderTest> StartFoveaAsync(string? program, params IReadOnlyList<string> arguments) =>
        StartAsync(program ?? Beside("Fovea.Server.dll"), ["--Fovea:Json=true", .. arguments]);

    /// <summary>Starts the server on ONNX Runtime and waits until it is ready.</summary>
    /// <param name="arguments">Its arguments.</param>
    public static Task<ServerUnderTest> StartPeerAsync(params IReadOnlyList<string> arguments) =>
        StartAsync(Beside("Fovea.OnnxServer.dll"), arguments);

    /// <summary>Asks whether the server answers requests.</summary>
    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using HttpResponseMessage response = await _http.GetAsync(new Uri(Address, "/v2/health/ready")).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Asks the process to stop (SIGTERM) and waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        using (Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]))
        {
            await kill.WaitForExitAsync().ConfigureAwait(false);
        }

        using CancellationTokenSource patience = new(_patience);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>Ends the process where it still runs.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        _http.Dispose();
    }

    private static string Beside(string program) => Path.Combine(AppContext.BaseDirectory, program);

    private static async Task<ServerUnderTest> StartAsync(string program, IReadOnlyList<string> arguments)
    {
        bool managed = program.EndsWith(".dll", StringComparison.Ordinal);
        string[] command = managed ? ["dotnet", program] : [program];
        ProcessStartInfo start = new(command[0], [.. command[1..], "--urls=http://127.0.0.1:0", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        long before = Stopwatch.GetTimestamp();
        ServerUnderTest server = new(Process.Start(start)!);
        try
        {
            // Both print one line of JSON once they are ready.
            string line = await server._process.StandardOutput.ReadLineAsync().ConfigureAwait(false)
                ?? throw new LoadException($"{program} ended before it was ready: {string.Join(' ', server.Log)}");
            using JsonDocument json = JsonDocument.Parse(line);
            server.Address = new Uri(json.RootElement.GetProperty("urls")[0].GetString()!);
            while (!await server.IsReadyAsync().ConfigureAwait(false))
            {
                await Task.Delay(5).ConfigureAwait(false);
            }

            server.TimeToReady = Stopwatch.GetElapsedTime(before);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }
}
