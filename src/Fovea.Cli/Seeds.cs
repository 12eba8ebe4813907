using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Results of runs that differ by their seeds only.</summary>
/// <param name="Results">Results in the order of the seeds, at least one.</param>
internal sealed record Seeds(IReadOnlyList<RunResult> Results)
{
    /// <summary>Name of the figure by which the runs are compared, such as top-1 or mIoU.</summary>
    public string Metric => Results[0].Score.Name;

    /// <summary>Mean of the figure, from 0 to 1.</summary>
    public double Mean => Scores.Average();

    /// <summary>Difference of the highest to the lowest figure; null for a single run.</summary>
    public double? Spread => Results.Count > 1 ? Scores.Max() - Scores.Min() : null;

    /// <summary>Mean and spread for people.</summary>
    public string Text => $"{Metric} {Numbers.Percent(Mean, 2)}"
        + (Spread is double spread ? $", spread {Numbers.Fixed(100 * spread, 2)} points over {Results.Count} seeds" : "");

    private IEnumerable<double> Scores => Results.Select(result => result.Score.Value);

    /// <summary>Adds mean, spread and the runs to an answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="first">Seed of the first run.</param>
    public void Fill(JsonObject answer, ulong first)
    {
        answer["metric"] = Metric;
        answer["mean"] = Mean;
        answer["spread"] = Spread;
        answer["runs"] = new JsonArray([.. Results.Select((result, i) => (JsonNode)new JsonObject
        {
            ["seed"] = first + (ulong)i,
            ["score"] = result.Score.Value,
            ["top1"] = result.Detection is null && result.Segmentation is null ? result.Top1 : null,
            ["evaluatedOn"] = result.EvaluatedOn,
            ["epochs"] = result.Epochs,
            ["seconds"] = result.Seconds,
        })]);
    }
}
