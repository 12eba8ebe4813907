using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Fovea.Compare;

/// <summary>
/// Another runtime in a process of its own, which answers each line of JSON with a line of JSON. Its first line names it.
/// </summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    /// <summary>Starts the process and waits for its name.</summary>
    /// <param name="program">The program, such as <c>python3</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="PeerException">The process cannot be started or ends at once.</exception>
    public Peer(string program, params string[] arguments)
    {
        try
        {
            _process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new PeerException($"The program '{program}' cannot be started: install it and see that it is on the PATH.", error);
        }

        JsonObject hello = Read();
        Name = (string)hello["name"]!;
        Version = (string)hello["version"]!;
    }

    /// <summary>The runtime's name.</summary>
    public string Name { get; }

    /// <summary>The runtime's version.</summary>
    public string Version { get; }

    /// <summary>Sends a request of one member and waits for its answer.</summary>
    /// <param name="verb">The member's name.</param>
    /// <param name="request">The member's value.</param>
    /// <exception cref="PeerException">The peer answers with an error or ends.</exception>
    public JsonObject Ask(string verb, JsonNode request)
    {
        _process.StandardInput.WriteLine(new JsonObject { [verb] = request }.ToJsonString());
        _process.StandardInput.Flush();
        JsonObject answer = Read();
        return answer["error"] is JsonNode error ? throw new PeerException($"{Name}: {error}") : answer;
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private JsonObject Read()
    {
        string line = _process.StandardOutput.ReadLine()
            ?? throw new PeerException($"{Name ?? _process.StartInfo.FileName} ended before it answered (see its message above).");
        return JsonNode.Parse(line)!.AsObject();
    }
}
