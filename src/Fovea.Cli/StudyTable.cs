using System.Text;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Table of a study: each entry with its figure, such as top-1, and its difference to the entry that it changes.</summary>
/// <param name="study">The study.</param>
internal sealed class StudyTable(Study study)
{
    private readonly Dictionary<string, (Seeds? Seeds, string Trouble)> _results = [];

    /// <summary>Adds an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="seeds">Its results; null where it failed.</param>
    /// <param name="trouble">Reason why it failed.</param>
    public void Add(StudyEntry entry, Seeds? seeds, string trouble = "") => _results.Add(entry.Name, (seeds, trouble));

    /// <summary>Shows the table.</summary>
    public void Show(VerbContext context)
    {
        Table table = new("entry", "seeds", Metric, "spread", "difference", "", "training");
        foreach (string[] cells in Rows())
        {
            table.Add(cells);
        }

        context.Write(table);
    }

    /// <summary>The table as a page of Markdown.</summary>
    public string ToMarkdown()
    {
        StringBuilder page = new();
        page.Append($"# {Path.GetFileNameWithoutExtension(study.Path)}\n\n");
        if (study.Description is string description)
        {
            page.Append($"{description}\n\n");
        }

        page.Append($"| entry | seeds | {Metric} | spread | difference | | training |\n");
        page.Append("| --- | ---: | ---: | ---: | ---: | --- | ---: |\n");
        foreach (string[] cells in Rows())
        {
            page.Append($"| {string.Join(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal)))} |\n");
        }

        return page.Append(
            $"\nThe {Metric} is the mean over the seeds, the spread its highest less its lowest value. A difference below the spread of "
            + "the entry that is changed is none that this study can tell.\n").ToString();
    }

    /// <summary>Adds the table to an answer.</summary>
    public void Fill(JsonObject answer) => answer["entries"] = new JsonArray([.. Results.Select(row =>
    {
        JsonObject json = new() { ["name"] = row.Entry.Name, ["over"] = row.Entry.Over };
        if (row.Seeds is null)
        {
            json["failure"] = row.Trouble;
            return (JsonNode)json;
        }

        row.Seeds.Fill(json, row.Entry.Recipe.ToOptions().Seed);
        json["difference"] = Difference(row.Entry, row.Seeds);
        json["withinSpread"] = IsWithinSpread(row.Entry, row.Seeds);
        return json;
    })]);

    /// <summary>Number of entries that failed.</summary>
    public int Failures => _results.Values.Count(result => result.Seeds is null);

    /// <summary>Results so far in the order of the study's entries.</summary>
    private IEnumerable<(StudyEntry Entry, Seeds? Seeds, string Trouble)> Results => study.Entries
        .Where(entry => _results.ContainsKey(entry.Name))
        .Select(entry => (entry, _results[entry.Name].Seeds, _results[entry.Name].Trouble));

    private string Metric => Results.FirstOrDefault(row => row.Seeds is not null).Seeds?.Metric ?? "score";

    private Seeds? BaseOf(StudyEntry entry) => entry.Over is null ? null : _results.GetValueOrDefault(entry.Over).Seeds;

    private double? Difference(StudyEntry entry, Seeds seeds) => seeds.Mean - BaseOf(entry)?.Mean;

    private bool? IsWithinSpread(StudyEntry entry, Seeds seeds) => BaseOf(entry)?.Spread is double spread
        ? Math.Abs(Difference(entry, seeds)!.Value) < spread
        : null;

    private IEnumerable<string[]> Rows() => Results.Select(row => row.Seeds is not Seeds seeds
        ? [row.Entry.Name, "-", "-", "-", "-", row.Trouble, "-"]
        : new[]
        {
            row.Entry.Name,
            Numbers.Whole(seeds.Results.Count),
            Numbers.Percent(seeds.Mean, 2),
            seeds.Spread is double spread ? Numbers.Fixed(100 * spread, 2) : "-",
            Difference(row.Entry, seeds) is double difference
                ? (difference >= 0 ? "+" : "") + Numbers.Fixed(100 * difference, 2)
                : "-",
            IsWithinSpread(row.Entry, seeds) == true ? "within the spread" : "",
            Numbers.Duration(TimeSpan.FromSeconds(seeds.Results.Average(result => result.Seconds))),
        });
}
