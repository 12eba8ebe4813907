using System.Text.Json.Nodes;
using Fovea.Data;

namespace Fovea.Cli;

/// <summary>Remarks on a data set, each on a line of its own; the JSON answer has them as <c>notes</c>.</summary>
internal static class DatasetNotes
{
    /// <summary>Shows the remarks, if there are any.</summary>
    public static void Show(VerbContext context, IReadOnlyList<string> notes)
    {
        if (notes.Count == 0)
        {
            return;
        }

        foreach (string note in notes)
        {
            context.Output.WriteLine($"note: {note}");
        }

        context.Result["notes"] = new JsonArray([.. notes.Select(note => (JsonNode)note)]);
    }

    /// <summary>Names the images that were passed over, if there are any; the JSON answer has them as <c>unreadable</c>.</summary>
    public static void Show(VerbContext context, IReadOnlyList<UnreadableImage> unreadable)
    {
        const int Shown = 10;
        if (unreadable.Count == 0)
        {
            return;
        }

        context.Error.WriteLine(unreadable.Count == 1
            ? "1 image cannot be read and was passed over:"
            : $"{unreadable.Count} images cannot be read and were passed over:");
        foreach (UnreadableImage image in unreadable.Take(Shown))
        {
            context.Error.WriteLine($"  {image.Problem}");
        }

        if (unreadable.Count > Shown)
        {
            context.Error.WriteLine($"  … and {unreadable.Count - Shown} more");
        }

        context.Result["unreadable"] = new JsonArray([.. unreadable.Select(image => (JsonNode)image.Name)]);
    }
}
