using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Explanations;
using Fovea.Formats;

namespace Fovea.Cli;

/// <summary>Measurement of explanations on a data set: a table, and curves in a folder.</summary>
internal static class FaithfulnessTable
{
    /// <summary>Measures and shows.</summary>
    /// <param name="context">Where the answer goes.</param>
    /// <param name="explainer">Explainer of a classifier.</param>
    /// <param name="data">The data set.</param>
    /// <param name="options">Methods and number of images.</param>
    /// <param name="folder">Folder for the curves; null for none.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public static void Show(
        VerbContext context, Explainer explainer, string data, FaithfulnessOptions options, string? folder, CancellationToken cancellation)
    {
        using DatasetParts parts = Datasets.OpenParts(data);
        DatasetNotes.Show(context, parts.Notes);
        int count = Math.Min(options.Images, parts.Measured.Count);
        UnreadableNotes unreadable = new();
        options = options with { Unreadable = unreadable };
        IReadOnlyList<MethodFaithfulness> rows;
        using (ProgressBar bar = context.Progress("evaluating", count))
        {
            rows = Faithfulness.Measure(explainer, parts.Measured, options, null, new BarProgress(bar), cancellation);
            bar.Finish();
        }

        unreadable.Show(context);
        Write(context, rows);
        context.Result["images"] = count - unreadable.Count;
        context.Result["methods"] = new JsonArray([.. rows.Select(ToJson)]);
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            AtomicFile.WriteText(Path.Combine(folder, "deletion.svg"), FaithfulnessCharts.Deletion(rows));
            AtomicFile.WriteText(Path.Combine(folder, "insertion.svg"), FaithfulnessCharts.Insertion(rows));
            context.Output.WriteLine();
            context.Output.WriteLine($"curves in {folder}: deletion.svg, insertion.svg");
            context.Result["out"] = folder;
        }
    }

    private static void Write(VerbContext context, IReadOnlyList<MethodFaithfulness> rows)
    {
        Table table = new("order of pixels", "insertion", "deletion", "difference", "± error", "sparsity", "random weights");
        foreach (MethodFaithfulness row in rows)
        {
            if (row.Method == MethodFaithfulness.Centre)
            {
                table.AddRule();
            }

            table.Add(
                row.Method,
                Numbers.Fixed(row.Insertion, 3),
                Numbers.Fixed(row.Deletion, 3),
                Numbers.Fixed(row.Difference, 3),
                Numbers.Fixed(row.StandardError, 3),
                row.Sparsity is double sparsity ? Numbers.Fixed(sparsity, 2) : "-",
                row.RandomizedCorrelation is double correlation ? Numbers.Fixed(correlation, 2) : "-");
        }

        context.Write(table);
        MethodFaithfulness best = rows.MaxBy(row => row.Difference)!;
        if (best.Method is MethodFaithfulness.Centre or MethodFaithfulness.Random)
        {
            context.Output.WriteLine();
            context.Output.WriteLine($"note: no method is better here than the order '{best.Method}', which knows nothing of the network");
        }
    }

    private static JsonNode ToJson(MethodFaithfulness row) => new JsonObject
    {
        ["method"] = row.Method,
        ["insertion"] = row.Insertion,
        ["deletion"] = row.Deletion,
        ["difference"] = row.Difference,
        ["standardError"] = row.StandardError,
        ["sparsity"] = row.Sparsity,
        ["randomizedCorrelation"] = row.RandomizedCorrelation,
        ["insertionCurve"] = new JsonArray([.. row.InsertionCurve.Select(score => (JsonNode)score)]),
        ["deletionCurve"] = new JsonArray([.. row.DeletionCurve.Select(score => (JsonNode)score)]),
    };
}
