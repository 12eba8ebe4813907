using System.Globalization;
using System.Net;
using System.Text;

namespace Fovea.Tasks;

/// <summary>
/// A profile as an image: time runs from left to right, and under the whole plan lie the parts of the network, the modules within them and
/// the nodes. Colour says how near a piece comes to the processor's peak. The file needs nothing beside itself.
/// </summary>
public static class FlameChart
{
    private const string Style = """
        body{font:14px system-ui,sans-serif;margin:24px;background:#fff;color:#222}h1{font-size:18px}p{color:#555;max-width:70em}
        .row{position:relative;height:26px;margin-bottom:2px}
        .row div{position:absolute;top:0;bottom:0;overflow:hidden;white-space:nowrap;font-size:11px;
        line-height:26px;border-radius:2px;box-shadow:inset -1px 0 #fff;text-indent:4px;color:#111}
        @media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}p{color:#aaa}.row div{box-shadow:inset -1px 0 #161616}}
        """;

    /// <summary>Writes the image as an HTML file.</summary>
    /// <param name="stream">Destination.</param>
    /// <param name="title">Title of the page.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="peak">The processor's peak in GFLOP/s.</param>
    public static void Write(Stream stream, string title, PlanProfile profile, double peak)
    {
        using StreamWriter writer = new(stream, new UTF8Encoding(false), leaveOpen: true);
        string name = WebUtility.HtmlEncode(title);
        writer.WriteLine(
            $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{name}</title><style>{Style}</style><h1>{name}</h1>");
        writer.WriteLine(
            $"<p>{Text($"{profile.Time.TotalMilliseconds:F2}")} ms in {profile.Entries.Count} nodes, from left to right as they run. "
            + $"Colour: from red, far from the peak of {Text($"{peak:F0}")} GFLOP/s, to green, near it; grey does not multiply. "
            + "Rest the pointer on a piece to read its figures.</p>");
        int levels = 1 + profile.Entries.Max(entry => Levels(entry).Length);
        for (int level = 0; level < levels; level++)
        {
            WriteRow(writer, profile, peak, level);
        }
    }

    /// <summary>The part, the modules from the outermost on, and the operation.</summary>
    private static string[] Levels(ProfileEntry entry) =>
        [entry.Part, .. entry.Path.Split('.', StringSplitOptions.RemoveEmptyEntries), entry.Operation];

    private static void WriteRow(StreamWriter writer, PlanProfile profile, double peak, int level)
    {
        writer.WriteLine("<div class=\"row\">");
        double start = 0;
        for (int first = 0; first < profile.Entries.Count;)
        {
            // Neighbours of one ancestry are one piece, but for nodes, which stand by themselves.
            string[] levels = Levels(profile.Entries[first]);
            int last = first + 1;
            while (level < levels.Length && last < profile.Entries.Count && IsSame(levels, Levels(profile.Entries[last]), level))
            {
                last++;
            }

            double time = 0;
            long multiplyAdds = 0;
            for (int i = first; i < last; i++)
            {
                time += profile.Entries[i].Time.TotalSeconds;
                multiplyAdds += profile.Entries[i].MultiplyAdds;
            }

            if (level == 0 || level <= levels.Length)
            {
                string label = level == 0 ? "all" : levels[level - 1];
                WritePiece(writer, label, start, time, profile.Time.TotalSeconds, multiplyAdds, peak);
            }

            start += time;
            first = last;
        }

        writer.WriteLine("</div>");
    }

    private static bool IsSame(string[] levels, string[] others, int level) =>
        level == 0 || (level < others.Length && levels.AsSpan(0, level).SequenceEqual(others.AsSpan(0, level)));

    private static void WritePiece(
        StreamWriter writer, string label, double start, double time, double total, long multiplyAdds, double peak)
    {
        double share = multiplyAdds == 0 ? 0 : Math.Min(2e-9 * multiplyAdds / time / peak, 1);
        string colour = multiplyAdds == 0 ? "hsl(0 0% 80%)" : Text($"hsl({120 * share:F0} 65% 65%)");
        string work = multiplyAdds == 0 ? "" : Text($", {1e-6 * multiplyAdds:F1} M multiply-adds, {100 * share:F0} % of peak");
        string figures = WebUtility.HtmlEncode(Text($"{label}: {1e3 * time:F3} ms, {100 * time / total:F1} %{work}"));
        string style = Text($"left:{100 * start / total:F3}%;width:{100 * time / total:F3}%;background:{colour}");
        writer.WriteLine($"<div style=\"{style}\" title=\"{figures}\">{WebUtility.HtmlEncode(label)}</div>");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
