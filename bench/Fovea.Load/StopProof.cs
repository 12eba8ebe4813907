using System.Text.RegularExpressions;

namespace Fovea.Load;

/// <summary>A server is asked to stop while clients ask it: what it has admitted, it answers, then it ends with 0.</summary>
internal static partial class StopProof
{
    private const int Clients = 8;
    private static readonly TimeSpan _before = TimeSpan.FromSeconds(1);

    /// <summary>Starts and stops servers.</summary>
    /// <param name="options">Network, images, program and options of the server.</param>
    /// <param name="stops">Number of stops.</param>
    public static async Task<bool> RunAsync(ServerOptions options, int stops)
    {
        using Workplace place = new();
        string checkpoint = place.Save(options.Network, "model.safetensors", seed: 1);
        IReadOnlyList<Question> questions = Question.Of(Workplace.Images(options.Images), checkpoint);
        Verdicts verdicts = new();
        (long right, long lost, int codes, long mixedUp) = (0, 0, 0, 0);
        double slowest = 0;
        for (int stop = 0; stop < stops; stop++)
        {
            using ServerUnderTest server =
                await ServerUnderTest.StartFoveaAsync(options.Program, [$"--Fovea:Checkpoints:0=m={checkpoint}", .. options.Arguments]);
            using LoadGenerator load = new(new Uri(server.Address, "/v1/models/m/predict?top=1"), questions);
            LoadReport report = new();
            Task clients = load.ClosedAsync(Clients, report, CancellationToken.None);
            await Task.Delay(_before);
            DateTime asked = DateTime.UtcNow;
            codes += await server.StopAsync() == 0 ? 1 : 0;
            slowest = Math.Max(slowest, (DateTime.UtcNow - asked).TotalSeconds);
            await clients;
            lost += Math.Abs(AdmittedBy(server) - report.Right);
            (right, mixedUp) = (right + report.Right, mixedUp + report.MixedUp + report.Failed);
        }

        verdicts.Add(codes == stops, $"{codes} of {stops} servers ended with 0, the slowest {slowest:F1} s after it was asked to");
        verdicts.Add(lost == 0, $"as many requests as the servers say to have admitted were answered ({right})");
        verdicts.Add(mixedUp == 0, "no answer is another image's, none failed");
        return verdicts.AllHold;
    }

    /// <summary>Requests that a server admitted, as the last line of its log says.</summary>
    private static long AdmittedBy(ServerUnderTest server) =>
        server.Log.Select(line => Admitted().Match(line)).LastOrDefault(match => match.Success) is Match found
            ? long.Parse(found.Groups[1].ValueSpan)
            : throw new LoadException($"The server did not say how many requests it admitted: {string.Join('\n', server.Log)}");

    [GeneratedRegex("Stopped: ([0-9]+) requests")]
    private static partial Regex Admitted();
}
