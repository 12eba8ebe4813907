using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fovea.Data;

/// <summary>Reads a JSON file piece by piece, so that its text is never in memory as a whole; errors name the place.</summary>
internal static class CocoJsonFile
{
    /// <summary>Opens a file and reads it.</summary>
    /// <exception cref="InvalidDatasetException">The file cannot be read, or is not what was expected.</exception>
    public static T Open<T>(string path, Func<Stream, string, T> read)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            return read(stream, path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDatasetException(path, "There is no such file.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(path, $"The file cannot be read: {ExceptionText.Of(error)}.", error);
        }
    }

    /// <summary>Parses the text.</summary>
    /// <exception cref="InvalidDatasetException">The text is not JSON, or a member is not of its type.</exception>
    public static T Read<T>(Stream stream, string name, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(stream, type) ?? throw new InvalidDatasetException(name, "The file holds only 'null'.");
        }
        catch (JsonException error)
        {
            throw new InvalidDatasetException(name, Problem(error), error);
        }
    }

    private static string Problem(JsonException error)
    {
        string place = error.Path?.TrimStart('$', '.') is { Length: > 0 } path ? $"'{path}'" : "The file";
        string line = error.LineNumber is long number ? $" (line {number + 1})" : "";
        return error.InnerException is Exception cause and not JsonException
            ? $"{place}{line} is not what is expected there: {ExceptionText.Of(cause)}."
            : error.InnerException is null && error.Path is not null
            ? $"{place}{line} is not what is expected there."
            : $"The text is no JSON{line}: {ExceptionText.Of(error.InnerException ?? error)}.";
    }
}
