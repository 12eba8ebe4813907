using System.Text;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Table of a study: each entry with its figure, such as top-1, and its difference to the entry that it changes.</summary>
internal sealed class StudyTable
{
    private readonly List<(StudyEntry Entry, Seeds? Seeds, string Trouble)> _rows = [];

    /// <summary>Adds an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="seeds">Its results; null where it failed.</param>
    /// <param name="trouble">Reason why it failed.</param>
    public void Add(StudyEntry entry, Seeds? seeds, string trouble = "") => _rows.Add((entry, seeds, trouble));

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
    /// <param name="study">The study.</param>
    public string ToMarkdown(Study study)
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
    public void Fill(JsonObject answer) => answer["entries"] = new JsonArray([.. _rows.Select(row =>
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

    private string Metric => _rows.FirstOrDefault(row => row.Seeds is not null).Seeds?.Metric ?? "score";

    private Seeds? BaseOf(StudyEntry entry) => _rows.FirstOrDefault(row => row.Entry.Name == entry.Over).Seeds;

    private double? Difference(StudyEntry entry, Seeds seeds) => seeds.Mean - BaseOf(entry)?.Mean;

    private bool? IsWithinSpread(StudyEntry entry, Seeds seeds) => BaseOf(entry)?.Spread is double spread
        ? Math.Abs(Difference(entry, seeds)!.Value) < spread
        : null;

    private IEnumerable<string[]> Rows() => _rows.Select(row => row.Seeds is not Seeds seeds
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
