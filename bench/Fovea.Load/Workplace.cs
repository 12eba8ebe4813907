using Fovea.Checkpoints;
using Fovea.Models;
using Fovea.Onnx;

namespace Fovea.Load;

/// <summary>Checkpoints and images of a measurement, in a folder that goes with it.</summary>
internal sealed class Workplace : IDisposable
{
    private const int Pictures = 16;
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-load-").FullName;

    /// <summary>Folder of models that a server looks at.</summary>
    public string Models => Directory.CreateDirectory(Path.Combine(_folder, "models")).FullName;

    /// <summary>Photograph-like JPEG files of 500×375 pixels, some 57 KiB each, or those of a folder.</summary>
    /// <param name="folder">The folder; null for made ones.</param>
    public static IReadOnlyList<byte[]> Images(string? folder) => folder is null
        ? [.. Enumerable.Range(0, Pictures).Select(Benchmarks.JpegPictures.Encode)]
        : [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    /// <summary>Saves a fresh model.</summary>
    /// <param name="name">Registered name of its network.</param>
    /// <param name="file">Name of the file.</param>
    /// <param name="seed">Seed of its weights.</param>
    /// <param name="options">Classes and size; the network's own where null.</param>
    /// <returns>Path of the file.</returns>
    public string Save(string name, string file, ulong seed, ModelOptions? options = null)
    {
        string path = Path.Combine(_folder, file);
        using Model model = Model.Create(name, options ?? new ModelOptions(), seed);
        Checkpoint.Save(path, model);
        return path;
    }

    /// <summary>Exports a checkpoint for ONNX Runtime.</summary>
    /// <param name="checkpoint">Path of the checkpoint.</param>
    /// <returns>Path of the ONNX file.</returns>
    public static string Export(string checkpoint)
    {
        string path = Path.ChangeExtension(checkpoint, ".onnx");
        using Model model = Checkpoint.Load(checkpoint);
        OnnxExport.Write(path, model);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
