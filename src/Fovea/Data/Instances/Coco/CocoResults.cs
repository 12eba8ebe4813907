using System.Text.Json;

namespace Fovea.Data;

/// <summary>COCO's file of results: a JSON list of what a detector found, which any tool that knows COCO reads and writes.</summary>
public static class CocoResults
{
    /// <summary>Reads a file of results.</summary>
    /// <param name="path">The JSON file.</param>
    /// <exception cref="InvalidDatasetException">The file cannot be read or is not such a list; the message names the entry.</exception>
    public static IReadOnlyList<CocoResult> Read(string path) => CocoJsonFile.Open(path, Read);

    /// <summary>Reads results from a stream.</summary>
    /// <param name="stream">The JSON text.</param>
    /// <param name="name">Name of the file, for error messages.</param>
    /// <exception cref="InvalidDatasetException">The text is not such a list; the message names the entry.</exception>
    public static IReadOnlyList<CocoResult> Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(name);
        List<CocoJsonObject?> entries = CocoJsonFile.Read(stream, name, CocoJson.Default.Results);
        CocoResult[] results = new CocoResult[entries.Count];
        for (int i = 0; i < results.Length; i++)
        {
            CocoMembers entry = new(name, $"results[{i}]", entries[i]?.Id);
            CocoJsonObject found = entry.Require(entries[i]);
            results[i] = new CocoResult(
                entry.Require(found.ImageId, "image_id"),
                entry.Require(found.CategoryId, "category_id"),
                entry.RequireFinite(found.Score, "score"),
                entry.Box(found.Bbox),
                found.Segmentation);
            if (results[i] is { Box: null, Segmentation: null })
            {
                throw entry.Error("has neither 'bbox' nor 'segmentation'");
            }
        }

        return results;
    }

    /// <summary>Writes results.</summary>
    /// <param name="stream">Receives the JSON text.</param>
    /// <param name="results">The results.</param>
    public static void Write(Stream stream, IEnumerable<CocoResult> results)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(results);
        List<CocoJsonObject?> entries = [.. results.Select(result => new CocoJsonObject
        {
            ImageId = result.ImageId,
            CategoryId = result.CategoryId,
            Bbox = result.Box is CocoBox box ? CocoMembers.Numbers(box) : null,
            Score = result.Score,
            Segmentation = result.Segmentation,
        })];
        JsonSerializer.Serialize(stream, entries, CocoJson.Default.Results);
    }
}
