using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Results of runs that differ by their seeds only.</summary>
/// <param name="Results">Results in the order of the seeds, at least one.</param>
internal sealed record Seeds(IReadOnlyList<RunResult> Results)
{
    /// <summary>Mean top-1 accuracy, from 0 to 1.</summary>
    public double Mean => Results.Average(result => result.Top1);

    /// <summary>Difference of the highest to the lowest top-1 accuracy; null for a single run.</summary>
    public double? Spread => Results.Count > 1 ? Results.Max(result => result.Top1) - Results.Min(result => result.Top1) : null;

    /// <summary>Mean and spread for people.</summary>
    public string Text => Spread is double spread
        ? $"{Numbers.Percent(Mean, 2)}, spread {Numbers.Fixed(100 * spread, 2)} points over {Results.Count} seeds"
        : Numbers.Percent(Mean, 2);

    /// <summary>Adds mean, spread and the runs to an answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="first">Seed of the first run.</param>
    public void Fill(JsonObject answer, ulong first)
    {
        answer["mean"] = Mean;
        answer["spread"] = Spread;
        answer["runs"] = new JsonArray([.. Results.Select((result, i) => (JsonNode)new JsonObject
        {
            ["seed"] = first + (ulong)i,
            ["top1"] = result.Top1,
            ["evaluatedOn"] = result.EvaluatedOn,
            ["epochs"] = result.Epochs,
            ["seconds"] = result.Seconds,
        })]);
    }
}
