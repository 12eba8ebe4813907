namespace Fovea.Formats;

/// <summary>Files that are given as checkpoints and are something else, told by their first bytes.</summary>
internal static class ForeignFile
{
    /// <summary>Number of bytes at the beginning of a file that tell.</summary>
    public const int Looked = 512;

    private const string NotWeights = "Give a checkpoint: safetensors, or what torch.save wrote.";

    // Where tar archives have a magic word.
    private const int TarMagicAt = 257;

    private static readonly (byte[] Start, string Kind, string Advice)[] _kinds =
    [
        ([.. "version https://git-lfs"u8], "only a pointer of Git LFS to the checkpoint", "Fetch the checkpoint itself: git lfs pull."),
        ([0x89, .. "PNG"u8], "a PNG image", NotWeights),
        ([0xFF, 0xD8, 0xFF], "a JPEG image", NotWeights),
        ([.. "GIF8"u8], "a GIF image", NotWeights),
        ([.. "RIFF"u8], "a RIFF file, such as a WebP image", NotWeights),
        ([.. "%PDF"u8], "a PDF document", NotWeights),
        ([0x89, .. "HDF"u8], "an HDF5 file, as Keras writes them", "Take the weights of the PyTorch code instead."),
        ([.. "GGUF"u8], "a GGUF file", "Take the weights in safetensors instead."),
        ([0x93, .. "NUMPY"u8], "a numpy array", NotWeights),
        ([0x1F, 0x8B], "compressed by gzip", "Unpack it with gunzip."),
        ([.. "BZh"u8], "compressed by bzip2", "Unpack it with bunzip2."),
        ([0xFD, .. "7zXZ"u8], "compressed by xz", "Unpack it with unxz."),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed by Zstandard", "Unpack it with unzstd."),
        ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive", "Unpack it."),
        ([.. "Rar!"u8], "a RAR archive", "Unpack it."),
        ([0x7F, .. "ELF"u8], "a program", NotWeights),
    ];

    /// <summary>Gives the error that says what a file is, where its first bytes tell.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="start">Its first bytes.</param>
    public static InvalidFileException? Recognize(string path, ReadOnlySpan<byte> start)
    {
        foreach ((byte[] magic, string kind, string advice) in _kinds)
        {
            if (start.StartsWith(magic))
            {
                return new InvalidFileException(path, $"it is {kind}", advice);
            }
        }

        if (start.Length > TarMagicAt && start[TarMagicAt..].StartsWith("ustar"u8))
        {
            return new InvalidFileException(
                path,
                "it is a tar archive: another file's wrapping, or a checkpoint of before PyTorch 0.1.10",
                "Unpack it, or load and save it in PyTorch.");
        }

        // ONNX is a protobuf message without a magic word: it begins with a small version, then the name of its producer.
        if (start is [0x08, > 0 and < 32, 0x12, ..] or [0x08, > 0 and < 32, 0x3A, ..])
        {
            return new InvalidFileException(path, "it is probably an ONNX model", "Take the weights that it was exported from.");
        }

        return IsText(start) ? OfText(path, start) : null;
    }

    private static InvalidFileException OfText(string path, ReadOnlySpan<byte> start)
    {
        ReadOnlySpan<byte> text = start.TrimStart(" \t\r\n"u8);
        return text.StartsWith("<"u8)
            ? new InvalidFileException(
                path, "it is a web page (HTML or XML), as a download that needed a login leaves", "Download the checkpoint itself.")
            : new InvalidFileException(path, text.StartsWith("{"u8) ? "it is JSON text" : "it is text", NotWeights);
    }

    private static bool IsText(ReadOnlySpan<byte> start) =>
        start.Length > 0 && start.IndexOfAnyInRange((byte)0, (byte)8) < 0 && start.IndexOfAnyInRange((byte)14, (byte)31) < 0;
}
