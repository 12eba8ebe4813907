using System.Text.Json;

namespace Fovea.Formats;

/// <summary>
/// A checkpoint in several files, as an index (<c>model.safetensors.index.json</c>) lists them: it maps the name of each tensor to the file
/// beside it that holds it.
/// </summary>
internal sealed class ShardedCheckpoint : ICheckpointSource, IDisposable
{
    private const string Advice = "Fetch all parts and their index anew into one folder.";
    private const int MaxIndex = 64 << 20;

    private readonly Dictionary<string, ICheckpointSource> _parts = new(StringComparer.Ordinal);
    private readonly OrderedDictionary<string, ICheckpointSource> _tensors = new(StringComparer.Ordinal);

    private ShardedCheckpoint(string path) => Path = path;

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IEnumerable<TensorInfo> TensorInfos => _tensors.Select(tensor => tensor.Value.Info(tensor.Key));

    /// <summary>Opens the files of an index.</summary>
    /// <param name="path">The index.</param>
    /// <param name="open">Opens one of its files.</param>
    /// <exception cref="InvalidFileException">The index is damaged, or a file is missing or does not hold what it should.</exception>
    public static ShardedCheckpoint Open(string path, Func<string, ICheckpointSource> open)
    {
        ShardedCheckpoint all = new(path);
        try
        {
            foreach ((string tensor, string part) in Entries(path))
            {
                all._tensors[tensor] = all.Part(part, open);
                all._tensors[tensor].Info(tensor);
            }

            return all;
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    /// <summary>Tells whether the first bytes of a file are those of an index.</summary>
    /// <param name="path">The file.</param>
    /// <param name="start">Its first bytes.</param>
    public static bool IsIndex(string path, ReadOnlySpan<byte> start) =>
        path.EndsWith(".json", StringComparison.Ordinal) && start.TrimStart(" \t\r\n"u8).StartsWith("{"u8);

    /// <summary>Index beside a file that is named as one of several parts; null where it is none, or the index is missing.</summary>
    /// <param name="path">The file, such as <c>model-00001-of-00002.safetensors</c>.</param>
    public static string? IndexOf(string path)
    {
        string name = System.IO.Path.GetFileNameWithoutExtension(path);
        string[] words = name.Split('-');
        if (words is not [.., _, "of", _] || !words[^1].All(char.IsAsciiDigit) || !words[^3].All(char.IsAsciiDigit))
        {
            return null;
        }

        string index = $"{string.Join('-', words[..^3])}{System.IO.Path.GetExtension(path)}.index.json";
        string full = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path) ?? "", index);
        return File.Exists(full) ? full : null;
    }

    /// <inheritdoc/>
    public TensorInfo Info(string name) => Find(name).Info(name);

    /// <inheritdoc/>
    public void ReadFloats(string name, Span<float> destination) => Find(name).ReadFloats(name, destination);

    /// <inheritdoc/>
    public void ReadInt64s(string name, Span<long> destination) => Find(name).ReadInt64s(name, destination);

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (ICheckpointSource part in _parts.Values)
        {
            (part as IDisposable)?.Dispose();
        }
    }

    private static List<(string Tensor, string Part)> Entries(string path)
    {
        List<(string, string)> entries = [];
        try
        {
            using MappedFile file = MappedFile.Open(path);
            if (file.Length > MaxIndex)
            {
                throw new InvalidFileException(path, $"an index of {file.Length} bytes is far more than the names of tensors need", Advice);
            }

            using JsonDocument index = JsonDocument.Parse(file.Slice(0, (int)file.Length).ToArray());
            if (index.RootElement.ValueKind != JsonValueKind.Object
                || !index.RootElement.TryGetProperty("weight_map", out JsonElement map)
                || map.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidFileException(path, "it is JSON without 'weight_map', and so no index of a checkpoint", Advice);
            }

            foreach (JsonProperty entry in map.EnumerateObject())
            {
                entries.Add(entry.Value.ValueKind == JsonValueKind.String && entry.Value.GetString() is { Length: > 0 } part
                    && part == System.IO.Path.GetFileName(part) && part is not ("." or "..")
                    ? (entry.Name, part)
                    : throw new InvalidFileException(
                        path, $"the file of tensor {ExceptionText.Quote(entry.Name)} is not named, or lies elsewhere", Advice));
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new InvalidFileException(path, $"it is not a readable index ({ExceptionText.Of(error)})", Advice, error);
        }

        return entries;
    }

    private ICheckpointSource Part(string name, Func<string, ICheckpointSource> open)
    {
        if (!_parts.TryGetValue(name, out ICheckpointSource? part))
        {
            part = open(System.IO.Path.Combine(System.IO.Path.GetDirectoryName(Path) ?? "", name));
            _parts.Add(name, part);
        }

        return part;
    }

    private ICheckpointSource Find(string name) =>
        _tensors.TryGetValue(name, out ICheckpointSource? part) ? part : throw CheckpointErrors.NoTensor(Path, name);
}
