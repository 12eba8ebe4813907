using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Models;

namespace Fovea.Tests.Tasks;

/// <summary>A checkpoint of a tiny segmentation network with fresh weights, and images of several sizes to give it.</summary>
internal sealed class FreshSegmenter : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FreshSegmenter(string name = "semantic_fpn:resnet_nano")
    {
        using Model model = Create(name);
        Info = model.Info with { Classes = ["sky", "road", "tree"] };
        Checkpoint.Save(Path, Info, model.Parameters);
    }

    /// <summary>Few channels.</summary>
    public static SegmenterOptions Options { get; } = new() { Channels = 8, NeckChannels = 8, AuxiliaryChannels = 4, PoolingBins = [1, 2] };

    public string Path => _folder.File("segmenter.safetensors");

    public ModelInfo Info { get; }

    /// <summary>A model of three classes for images of 64 pixels, whose fresh weights tell classes apart.</summary>
    public static Model Create(string name) =>
        Model.Create(name, new ModelOptions(Classes: 3, Height: 64, Width: 64, Segmenter: Options), seed: 3);

    public static Image Image(int width, int height, int seed = 1)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new Image(width, height, 3, pixels);
    }

    public void Dispose() => _folder.Dispose();
}
