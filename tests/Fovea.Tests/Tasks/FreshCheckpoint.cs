using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Tasks;

/// <summary>A checkpoint of <c>cmt_nano</c> with fresh weights, and images to give it.</summary>
internal sealed class FreshCheckpoint : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FreshCheckpoint()
    {
        ModelOptions options = new(Classes: 3);
        Network network = ModelRegistry.Create("cmt_nano", options);
        using ParameterStore state = new(network);
        state.Initialize(3);
        Preprocessing = new Preprocessing { Height = network.Height, Width = network.Width };
        Checkpoint.Save(Path, new ModelInfo("cmt_nano", options, ["apple", "bread", "cloud"], Preprocessing), state);
    }

    public string Path => _folder.File("fresh.safetensors");

    public Preprocessing Preprocessing { get; }

    public static Image Image(int seed)
    {
        byte[] pixels = new byte[40 * 36 * 3];
        new Random(seed).NextBytes(pixels);
        return new Image(40, 36, 3, pixels);
    }

    public float[] Prepared(int seed)
    {
        float[] prepared = new float[Preprocessing.Length];
        Preprocessing.Apply(Image(seed), prepared);
        return prepared;
    }

    public void Dispose() => _folder.Dispose();
}
