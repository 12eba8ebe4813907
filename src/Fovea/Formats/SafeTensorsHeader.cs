using System.Buffers.Binary;
using System.Text.Json;

namespace Fovea.Formats;

/// <summary>
/// Reads and checks the header of a safetensors file: eight bytes of length (little endian), then JSON that maps each name to its element
/// type, shape and byte range. Every statement of the header is held against the file, so that a header that lies is an error and never a
/// wrong read.
/// </summary>
internal sealed class SafeTensorsHeader
{
    /// <summary>The longest header that is believed, in bytes; the reference implementation has the same bound.</summary>
    public const long MaxLength = 100_000_000;

    /// <summary>The name in the header under which the metadata stands.</summary>
    public const string MetadataName = "__metadata__";

    private const string Remedy = "The file is damaged or was not written as safetensors: fetch or write it again.";

    // Parsing costs up to twenty bytes for one of the header: what a file of its size needs is far below.
    private const long BelievedLength = 2_000_000;
    private const int BelievedShare = 32;
    private const int MaxDimensions = 32;

    private readonly ParseBudget _guard;
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SafeTensorInfo> _tensors = new(StringComparer.Ordinal);

    private SafeTensorsHeader(ParseBudget guard) => _guard = guard;

    /// <summary>The text entries of the metadata; empty where the file has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, SafeTensorInfo> Tensors => _tensors;

    /// <summary>Reads the header at the start of a file.</summary>
    /// <exception cref="InvalidFileException">The header is cut off, is not the JSON expected, or does not agree with the file.</exception>
    public static SafeTensorsHeader Read(MappedFile file)
    {
        SafeTensorsHeader header = new(new ParseBudget(file.Path, file.Length, Remedy));
        long fileLength = file.Length;
        if (fileLength < 8)
        {
            throw header.Invalid($"it has {fileLength} bytes, but the length of the header alone takes 8");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, 8));
        if (length > MaxLength)
        {
            throw header.Invalid($"its header claims {length} bytes, more than the {MaxLength} that the format allows");
        }

        if ((long)length > fileLength - 8)
        {
            throw header.Invalid(
                $"its header claims {length} bytes, but only {fileLength - 8} follow: {(long)length - (fileLength - 8)} are missing");
        }

        if ((long)length > BelievedLength + (fileLength / BelievedShare))
        {
            throw header.Invalid(
                $"its header takes {length} of the file's {fileLength} bytes, far more than the names of so few values need");
        }

        byte[] json = file.Slice(8, (int)length).ToArray();
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
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
        foreach (JsonProperty entry in Properties(root, "the header"))
        {
            if (entry.Name == MetadataName)
            {
                ReadMetadata(entry.Value);
            }
            else
            {
                _tensors.Add(entry.Name, ReadTensor(entry.Name, entry.Value, dataStart));
            }
        }
    }

    private void ReadMetadata(JsonElement metadata)
    {
        foreach (JsonProperty entry in Properties(metadata, $"'{MetadataName}'"))
        {
            if (entry.Value.ValueKind != JsonValueKind.String)
            {
                throw Invalid($"metadata {Quote(entry.Name)} is {JsonText.Kind(entry.Value)} where the format takes text only");
            }

            _metadata.Add(entry.Name, entry.Value.GetString()!);
        }
    }

    private SafeTensorInfo ReadTensor(string name, JsonElement value, long dataStart)
    {
        (JsonElement typeField, JsonElement shapeField, JsonElement rangeField) = ReadFields(name, value);
        string code = typeField.GetString()!;
        if (!SafeTensorTypes.TryParse(code, out SafeTensorType type))
        {
            throw new InvalidFileException(
                _guard.Path,
                $"tensor {Quote(name)} has elements of type {Quote(code)}; known are {SafeTensorTypes.Codes}",
                "Convert the file to one of these types first.");
        }

        if (shapeField.GetArrayLength() > MaxDimensions)
        {
            throw Invalid($"tensor {Quote(name)} has {shapeField.GetArrayLength()} sizes where at most {MaxDimensions} are read");
        }

        if (rangeField.GetArrayLength() != 2)
        {
            throw NoRange();
        }

        int[] shape = new int[shapeField.GetArrayLength()];
        for (int axis = 0; axis < shape.Length; axis++)
        {
            JsonElement size = shapeField[axis];
            shape[axis] = size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out int n) && n >= 0
                ? n
                : throw Invalid(
                    $"the shape of tensor {Quote(name)} holds {Quote(size.GetRawText())}, which is not a size from 0 to {int.MaxValue}");
        }

        (long start, long end) = (Offset(rangeField[0]), Offset(rangeField[1]));
        if (end < start)
        {
            throw NoRange();
        }

        ulong needed = (ulong)type.Size();
        foreach (int size in shape)
        {
            // Bounded at each step, so that no list of sizes can run over.
            needed = Math.BigMul(needed, (ulong)size, out ulong product) == 0 ? product : ulong.MaxValue;
        }

        long given = end - start;
        return needed == (ulong)given
            ? new SafeTensorInfo(name, type, shape, dataStart + start, given)
            : throw Invalid(
                $"tensor {Quote(name)} of shape [{string.Join(", ", shape)}] and type {code} takes {needed} bytes, but its byte range "
                    + $"has {given}");

        InvalidFileException NoRange() =>
            Invalid($"the byte range of tensor {Quote(name)} is {Quote(rangeField.GetRawText())} where a start and an end are expected");

        long Offset(JsonElement offset) => offset.ValueKind == JsonValueKind.Number && offset.TryGetInt64(out long n) && n >= 0
            ? n
            : throw Invalid($"the byte range of tensor {Quote(name)} holds {Quote(offset.GetRawText())}, which is not an offset");
    }

    private (JsonElement Type, JsonElement Shape, JsonElement Range) ReadFields(string name, JsonElement value)
    {
        JsonElement type = default;
        JsonElement shape = default;
        JsonElement range = default;
        string? unknown = null;
        foreach (JsonProperty field in Properties(value, $"tensor {Quote(name)}"))
        {
            switch (field.Name)
            {
                case "dtype":
                    type = field.Value;
                    break;
                case "shape":
                    shape = field.Value;
                    break;
                case "data_offsets":
                    range = field.Value;
                    break;
                default:
                    unknown ??= field.Name;
                    break;
            }
        }

        Require("dtype", type, JsonValueKind.String);
        Require("shape", shape, JsonValueKind.Array);
        Require("data_offsets", range, JsonValueKind.Array);
        return unknown is null ? (type, shape, range) : throw Invalid($"tensor {Quote(name)} has the unknown entry {Quote(unknown)}");

        void Require(string key, JsonElement field, JsonValueKind kind)
        {
            if (field.ValueKind != kind)
            {
                throw Invalid(field.ValueKind == JsonValueKind.Undefined
                    ? $"tensor {Quote(name)} has no entry '{key}'"
                    : $"the entry '{key}' of tensor {Quote(name)} is {JsonText.Kind(field)}");
            }
        }
    }

    /// <summary>Values must fill the rest of the file one after another: no overlap, no hole, nothing missing, nothing left over.</summary>
    private void CheckLayout(long dataStart, long fileLength)
    {
        long end = dataStart;
        string previous = "the header";
        SafeTensorInfo[] inOrder = [.. _tensors.Values];
        Array.Sort(
            inOrder,
            (left, right) => left.Offset != right.Offset ? left.Offset.CompareTo(right.Offset) : left.ByteCount.CompareTo(right.ByteCount));
        foreach (SafeTensorInfo tensor in inOrder)
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

    private IEnumerable<JsonProperty> Properties(JsonElement element, string what)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"{what} is {JsonText.Kind(element)} where a JSON object is expected");
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            _guard.CheckAllocation();
            if (!names.Add(property.Name))
            {
                throw Invalid($"the name {Quote(property.Name)} stands twice in {what}");
            }

            yield return property;
        }
    }

    private static string Quote(string name) => ExceptionText.Quote(name);

    private InvalidFileException Invalid(string problem, Exception? cause = null) => _guard.Damaged(problem, cause);
}
