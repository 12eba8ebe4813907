using System.Globalization;
using System.Text;

namespace Fovea.Cli.Terminal;

/// <summary>A table with aligned columns: columns that hold only numbers stand on the right.</summary>
internal sealed class Table
{
    private const string Gap = "  ";

    private readonly string[] _headings;
    private readonly List<string[]?> _rows = [];

    /// <summary>Makes an empty table.</summary>
    /// <param name="headings">The headings of the columns.</param>
    public Table(params string[] headings) => _headings = headings;

    /// <summary>Adds a row.</summary>
    /// <param name="cells">As many cells as the table has headings.</param>
    public void Add(params string[] cells)
    {
        if (cells.Length != _headings.Length)
        {
            throw new ArgumentException($"A row of {cells.Length} cells does not fit {_headings.Length} columns.", nameof(cells));
        }

        _rows.Add(Array.ConvertAll(cells, cell => Printable.Of(cell)));
    }

    /// <summary>Adds a rule, to set a sum apart.</summary>
    public void AddRule() => _rows.Add(null);

    /// <summary>Writes the table.</summary>
    /// <param name="output">Destination.</param>
    /// <param name="style">Capabilities of the output.</param>
    public void Write(TextWriter output, TerminalStyle style)
    {
        int[] widths =
        [
            .. _headings.Select(
                (heading, column) => _rows.Where(row => row is not null).Select(row => Width(row![column])).Append(Width(heading)).Max()),
        ];
        bool[] right =
        [
            .. _headings.Select((_, column) => _rows.Any(row => row is not null) && _rows.All(row => row is null || IsNumber(row[column]))),
        ];
        string rule = string.Join(Gap, widths.Select(width => new string(style.Unicode ? '─' : '-', width)));

        output.WriteLine(Line(_headings, widths, right));
        output.WriteLine(rule);
        foreach (string[]? row in _rows)
        {
            output.WriteLine(row is null ? rule : Line(row, widths, right));
        }
    }

    private static string Line(string[] cells, int[] widths, bool[] right)
    {
        StringBuilder line = new();
        for (int column = 0; column < cells.Length; column++)
        {
            string padding = new(' ', widths[column] - Width(cells[column]));
            line.Append(column == 0 ? "" : Gap).Append(right[column] ? padding + cells[column] : cells[column] + padding);
        }

        return line.ToString().TrimEnd();
    }

    // Text elements, so that an accent or a joined sign counts as one.
    private static int Width(string text) => new StringInfo(text).LengthInTextElements;

    // A number may carry a unit (1.23 M, 88.4 %, 1 m 05 s); an empty cell or a dash stands for a missing one.
    private static bool IsNumber(string text) => text is "" or "-" or "–" || double.TryParse(
        text.Split(' ')[0].TrimEnd('%'), NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out _);
}
