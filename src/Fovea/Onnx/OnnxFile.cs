using Fovea.Formats;

namespace Fovea.Onnx;

/// <summary>Writes models. Weights that are too large for one protocol buffers message stand in a second file beside the first.</summary>
internal static class OnnxFile
{
    /// <summary>The largest weights that one message can hold beside the rest of a model: messages end at 2 GB.</summary>
    public const long MaxBytesInside = int.MaxValue - (64L << 20);

    private const int Alignment = 64;
    private const int MinOutside = 1024;

    /// <summary>The file that holds the weights of a large model, beside the model's own.</summary>
    public static string DataPath(string path) => path + ".data";

    /// <summary>Writes a model with everything inside to a stream.</summary>
    /// <param name="stream">The stream, which stays open.</param>
    /// <param name="model">The model.</param>
    /// <returns>The files that were written: none.</returns>
    /// <exception cref="OnnxExportException">The model is larger than one message can be; nothing was written.</exception>
    public static IReadOnlyList<string> Write(Stream stream, OnnxModel model)
    {
        long bytes = WeightBytes(model);
        if (bytes > MaxBytesInside)
        {
            throw new OnnxExportException(
                $"The weights take {bytes / 1e9:f1} GB, and a stream holds at most 2 GB. Write to a path: there they get their own file.");
        }

        Message(model, tensor => tensor.ToMessage()).WriteTo(stream);
        return [];
    }

    /// <summary>Writes a model whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="maxInside">Weights of more bytes than this stand in a file of their own.</param>
    /// <returns>The files that were written.</returns>
    /// <exception cref="UnwritableFileException">A file cannot be written; earlier ones stay.</exception>
    public static IReadOnlyList<string> Write(string path, OnnxModel model, long maxInside)
    {
        if (WeightBytes(model) <= maxInside)
        {
            AtomicFile.Write(path, Message(model, tensor => tensor.ToMessage()).WriteTo);
            return [path];
        }

        string data = DataPath(path);
        bool replaces = File.Exists(data);
        Dictionary<OnnxTensor, long> offsets = Offsets(model);
        try
        {
            // The weights come in between the model's last byte and its name, so that a model that can be seen has its weights.
            AtomicFile.Write(path, stream =>
            {
                Message(model, tensor => offsets.TryGetValue(tensor, out long offset)
                    ? tensor.ToMessage(Path.GetFileName(data), offset)
                    : tensor.ToMessage()).WriteTo(stream);
                AtomicFile.Write(data, weights => WriteWeights(weights, offsets));
            });
        }
        catch (UnwritableFileException) when (!replaces)
        {
            File.Delete(data);
            throw;
        }

        return [path, data];
    }

    private static ProtoMessage Message(OnnxModel model, Func<OnnxTensor, ProtoMessage> tensor)
    {
        ProtoMessage message = model.ToMessage(tensor);
        return message.Size <= int.MaxValue
            ? message
            : throw new OnnxExportException($"The model takes {message.Size} bytes, more than the 2 GB that protocol buffers allow.");
    }

    private static Dictionary<OnnxTensor, long> Offsets(OnnxModel model)
    {
        Dictionary<OnnxTensor, long> offsets = new(ReferenceEqualityComparer.Instance);
        long end = 0;
        foreach (OnnxTensor tensor in model.Initializers.Where(tensor => tensor.Bytes >= MinOutside))
        {
            offsets.Add(tensor, end);
            end = Align(end + tensor.Bytes);
        }

        return offsets;
    }

    private static void WriteWeights(Stream stream, Dictionary<OnnxTensor, long> offsets)
    {
        long position = 0;
        foreach ((OnnxTensor tensor, long offset) in offsets.OrderBy(entry => entry.Value))
        {
            stream.Write(new byte[offset - position]);
            tensor.Write(stream);
            position = offset + tensor.Bytes;
        }
    }

    private static long WeightBytes(OnnxModel model) => model.Initializers.Sum(tensor => tensor.Bytes);

    private static long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;
}
