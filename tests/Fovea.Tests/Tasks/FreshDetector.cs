using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Models;

namespace Fovea.Tests.Tasks;

/// <summary>
/// A checkpoint of a tiny detector with fresh weights that finds something everywhere, and images of several sizes to give it.
/// </summary>
internal sealed class FreshDetector : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FreshDetector(string head)
    {
        using Model model = Model.Create(
            $"{head}:cmt_nano", new ModelOptions(Classes: 3, Height: 64, Width: 64, Detector: Options), seed: 3);
        Info = model.Info with { Classes = ["apple", "bread", "cloud"] };
        Checkpoint.Save(Path, Info, model.Parameters);
    }

    /// <summary>Few channels, and a threshold that the scores of fresh weights exceed.</summary>
    public static DetectorOptions Options { get; } = new()
    {
        Channels = 8,
        Convolutions = 1,
        Width = 16,
        MaskConvolutions = [8],
        MaskChannels = 8,
        ScoreThreshold = 0.005f,
        Proposals = 30,
        Detections = 6,
    };

    public string Path => _folder.File("detector.safetensors");

    public ModelInfo Info { get; }

    public static Image Image(int seed)
    {
        (int width, int height) = (40 + (9 * (seed % 4)), 52 - (7 * (seed % 3)));
        byte[] pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new Image(width, height, 3, pixels);
    }

    public void Dispose() => _folder.Dispose();
}
