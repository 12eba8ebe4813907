using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Fovea.Formats;

/// <summary>
/// Writes safetensors files. The same tensors and metadata give the same bytes: metadata is sorted by name, and tensors stand in the given
/// order, those with wider elements first, so that all values are aligned. Values stream from their source to the file.
/// </summary>
internal static class SafeTensorsWriter
{
    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="tensors">The tensors; names must differ.</param>
    /// <param name="metadata">Text entries to keep with the tensors, if any.</param>
    /// <param name="cancellation">Stops between two tensors; the old file stays.</param>
    /// <exception cref="ArgumentException">
    /// Two tensors have one name, or a source gives another number of values than its shape says.
    /// </exception>
    /// <exception cref="UnwritableFileException">The folder is missing or read-only, or the disk is full.</exception>
    public static void Write(
        string path,
        IReadOnlyList<SafeTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        SafeTensor[] ordered = [.. tensors.OrderByDescending(tensor => tensor.ElementType.Size())];
        byte[] header = Header(ordered, metadata ?? new Dictionary<string, string>());
        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(header);
                foreach (SafeTensor tensor in ordered)
                {
                    cancellation.ThrowIfCancellationRequested();
                    tensor.WriteValues(stream);
                }
            },
            cancellation);
    }

    private static byte[] Header(SafeTensor[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArrayBufferWriter<byte> buffer = new();
        buffer.Advance(Clear(buffer.GetSpan(8)[..8]));
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            WriteTensors(json, tensors);
            json.WriteEndObject();
        }

        // Spaces after the JSON bring the values to a multiple of eight bytes.
        int padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(8)[..padding].Fill((byte)' ');
        buffer.Advance(padding);

        byte[] header = buffer.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - 8));
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
        {
            return;
        }

        json.WriteStartObject(SafeTensorsHeader.MetadataName);
        foreach ((string name, string value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private static void WriteTensors(Utf8JsonWriter json, SafeTensor[] tensors)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        long offset = 0;
        foreach (SafeTensor tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException(
                    $"Two tensors have the name '{tensor.Name}'; a safetensors file needs different names.", nameof(tensors));
            }

            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.ElementType.Code());
            json.WriteStartArray("shape");
            foreach (int size in tensor.Shape)
            {
                json.WriteNumberValue(size);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += tensor.ByteCount);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private static int Clear(Span<byte> bytes)
    {
        bytes.Clear();
        return bytes.Length;
    }
}
