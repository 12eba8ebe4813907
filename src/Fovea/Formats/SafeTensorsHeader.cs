using System.Buffers.Binary;
using System.Text.Json;

namespace Fovea.Formats;

/// <summary>
/// Reads and checks the header of a safetensors file: eight bytes of length (little endian), then JSON that maps each name to its element type,
/// shape and byte range. Every statement of the header is held against the file, so that a header that lies is an error and never a wrong read.
/// </summary>
internal sealed class SafeTensorsHeader
{
    /// <summary>The longest header that is believed, in bytes; the reference implementation has the same bound.</summary>
    public const long MaximumLength = 100_000_000;

    /// <summary>The name in the header under which the metadata stands.</summary>
    public const string MetadataName = "__metadata__";

    private const string Remedy = "The file is damaged or was not written as safetensors: fetch or write it again.";

    // Parsing costs up to twenty bytes for one of the header: what a file of its size needs is far below.
    private const long BelievedLength = 2_000_000;
    private const int BelievedShare = 32;
    private const int MostDimensions = 32;

    private readonly ReadingGuard _guard;
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafeTensorInfo> _tensors = new(StringComparer.Ordinal);

    private SafeTensorsHeader(ReadingGuard guard) => _guard = guard;

    /// <summary>The text entries of the metadata; empty where the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorInfo> Tensors => _tensors;

    /// <summary>Reads the header at the start of a file.</summary>
    /// <exception cref="InvalidFileException">The header is cut off, is not the JSON expected, or does not agree with the file.</exception>
    public static SafeTensorsHeader Read(MappedFile file)
    {
        var header = new SafeTensorsHeader(new ReadingGuard(file.Path, file.Length, Remedy));
        long fileLength = file.Length;
        if (fileLength < 8)
        {
            throw header.Invalid($"it has {fileLength} bytes, but the length of the header alone takes 8");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, 8));
        if (length > MaximumLength)
        {
            throw header.Invalid($"its header claims {length} bytes, more than the {MaximumLength} that the format allows");
        }

        if ((long)length > fileLength - 8)
        {
            throw header.Invalid($"its header claims {length} bytes, but only {fileLength - 8} follow: {(long)length - (fileLength - 8)} are missing");
        }

        if ((long)length > BelievedLength + (fileLength / BelievedShare))
        {
            throw header.Invalid($"its header takes {length} of the file's {fileLength} bytes, far more than the names of so few values need");
        }

        byte[] json = file.Slice(8, (int)length).ToArray();
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            header._guard.CheckAllocation();
            header.ReadEntries(document.RootElement, dataStart: 8 + (long)length);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw header.Invalid($"its header is not valid JSON ({error.Message.TrimEnd('.')})", error);
        }

        header.CheckLayout(dataStart: 8 + (long)length, fileLength);
        return header;
    }

    private void ReadEntries(JsonElement root, long dataStart)
    {
        foreach ((string name, JsonElement value) in Properties(root, "the header"))
        {
            if (name == MetadataName)
            {
                ReadMetadata(value);
            }
            else
            {
                _tensors.Add(name, ReadTensor(name, value, dataStart));
            }
        }
    }

    private void ReadMetadata(JsonElement metadata)
    {
        foreach ((string name, JsonElement value) in Properties(metadata, $"'{MetadataName}'"))
        {
            if (value.ValueKind != JsonValueKind.String)
            {
                throw Invalid($"metadata {Quote(name)} is {Kind(value)} where the format takes text only");
            }

            _metadata.Add(name, value.GetString()!);
        }
    }

    private SafeTensorInfo ReadTensor(string name, JsonElement value, long dataStart)
    {
        Dictionary<string, JsonElement> fields = Properties(value, $"tensor {Quote(name)}");
        JsonElement typeField = Field("dtype", JsonValueKind.String);
        JsonElement shapeField = Field("shape", JsonValueKind.Array);
        JsonElement rangeField = Field("data_offsets", JsonValueKind.Array);
        if (fields.Count > 3)
        {
            throw Invalid($"tensor {Quote(name)} has the unknown entry {Quote(fields.Keys.First(key => key is not ("dtype" or "shape" or "data_offsets")))}");
        }

        string code = typeField.GetString()!;
        if (!SafeTensorTypes.TryParse(code, out SafeTensorType type))
        {
            throw new InvalidFileException(
                _guard.Path,
                $"tensor {Quote(name)} has elements of type {Quote(code)}; known are {SafeTensorTypes.Codes}",
                "Convert the file to one of these types first.");
        }

        if (shapeField.GetArrayLength() > MostDimensions)
        {
            throw Invalid($"tensor {Quote(name)} has {shapeField.GetArrayLength()} sizes where at most {MostDimensions} are read");
        }

        if (rangeField.GetArrayLength() != 2)
        {
            throw NoRange();
        }

        int[] shape = [.. shapeField.EnumerateArray().Select(size => size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int n) && n >= 0
            ? n
            : throw Invalid($"the shape of tensor {Quote(name)} holds {Quote(size.GetRawText())}, which is not a size from 0 to {int.MaxValue}"))];
        long[] range = [.. rangeField.EnumerateArray().Select(offset => offset.ValueKind == JsonValueKind.Number && offset.TryGetInt64(out long n) && n >= 0
            ? n
            : throw Invalid($"the byte range of tensor {Quote(name)} holds {Quote(offset.GetRawText())}, which is not an offset"))];
        if (range[1] < range[0])
        {
            throw NoRange();
        }

        UInt128 needed = (UInt128)type.Size();
        foreach (int size in shape)
        {
            // Bounded at each step, so that no list of sizes can run over.
            needed = UInt128.Min(needed * (uint)size, ulong.MaxValue);
        }

        long given = range[1] - range[0];
        return needed == (UInt128)given
            ? new SafeTensorInfo(name, type, shape, dataStart + range[0], given)
            : throw Invalid($"tensor {Quote(name)} of shape [{string.Join(", ", shape)}] and type {code} takes {needed} bytes, but its byte range has {given}");

        InvalidFileException NoRange() =>
            Invalid($"the byte range of tensor {Quote(name)} is {Quote(rangeField.GetRawText())} where a start and an end are expected");

        JsonElement Field(string key, JsonValueKind kind)
        {
            if (!fields.TryGetValue(key, out JsonElement field))
            {
                throw Invalid($"tensor {Quote(name)} has no entry '{key}'");
            }

            return field.ValueKind == kind ? field : throw Invalid($"the entry '{key}' of tensor {Quote(name)} is {Kind(field)}");
        }
    }

    /// <summary>Values must fill the rest of the file one after another: no overlap, no hole, nothing missing, nothing left over.</summary>
    private void CheckLayout(long dataStart, long fileLength)
    {
        long end = dataStart;
        string previous = "the header";
        foreach (SafeTensorInfo tensor in _tensors.Values.OrderBy(tensor => tensor.Offset).ThenBy(tensor => tensor.ByteCount))
        {
            if (tensor.Offset < end)
            {
                throw Invalid($"tensor {Quote(tensor.Name)} overlaps {previous} by {end - tensor.Offset} bytes");
            }

            if (tensor.Offset > end)
            {
                throw Invalid($"there is a gap of {tensor.Offset - end} bytes between {previous} and tensor {Quote(tensor.Name)}");
            }

            // Checked here and not at the end, so that the sum cannot run over.
            if (tensor.ByteCount > fileLength - end)
            {
                throw Invalid($"tensor {Quote(tensor.Name)} ends {tensor.ByteCount - (fileLength - end)} bytes past the end of the file");
            }

            end += tensor.ByteCount;
            previous = $"tensor {Quote(tensor.Name)}";
        }

        if (end != fileLength)
        {
            throw Invalid($"{fileLength - end} bytes after {previous} belong to no tensor");
        }
    }

    private Dictionary<string, JsonElement> Properties(JsonElement element, string what)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"{what} is {Kind(element)} where a JSON object is expected");
        }

        var properties = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            _guard.CheckAllocation();
            if (!properties.TryAdd(property.Name, property.Value))
            {
                throw Invalid($"the name {Quote(property.Name)} stands twice in {what}");
            }
        }

        return properties;
    }

    private static string Quote(string name) => ReadingGuard.Quote(name);

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "a JSON object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private InvalidFileException Invalid(string problem, Exception? cause = null) => _guard.Damaged(problem, cause);
}
