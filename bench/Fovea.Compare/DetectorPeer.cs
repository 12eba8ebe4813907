using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Data;

namespace Fovea.Compare;

/// <summary>Detections of the peer in an image, surest first.</summary>
/// <param name="Boxes">x1, y1, x2, y2 of each object in pixels of the image.</param>
/// <param name="Scores">Score of each.</param>
/// <param name="Labels">Label of each as the network counts them.</param>
/// <param name="Masks">Pixels of each, row by row, eight to a byte; none where the network gives no masks.</param>
internal sealed record PeerDetections(float[][] Boxes, float[] Scores, int[] Labels, byte[][] Masks);

/// <summary>A process that has one of torchvision's detectors open, with a file of its weights.</summary>
internal sealed class DetectorPeer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-compare-").FullName;

    /// <summary>Starts the process, which writes the weights.</summary>
    /// <param name="model">The detector.</param>
    /// <param name="threads">Threads to run on.</param>
    /// <exception cref="PeerException">PyTorch is missing, or has no such detector.</exception>
    public DetectorPeer(MeasuredModel model, int threads)
    {
        Process = PyTorch.Start();
        try
        {
            Process.Ask("detector", new JsonObject { ["network"] = model.Name, ["file"] = Weights, ["threads"] = threads });
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The process.</summary>
    public Peer Process { get; }

    /// <summary>The network's state dictionary.</summary>
    public string Weights => Path.Combine(_folder, "weights.pth");

    /// <summary>Detects in an image, which stays the one of later runs.</summary>
    /// <param name="image">A colour image.</param>
    public PeerDetections Detect(Image image)
    {
        string file = Path.Combine(_folder, "pixels");
        File.WriteAllBytes(file, image.Pixels);
        JsonObject found = Process.Ask("image", new JsonObject { ["file"] = file, ["height"] = image.Height, ["width"] = image.Width });
        return found.Deserialize<PeerDetections>(Results.Json)!;
    }

    /// <summary>Ends the process and deletes its files.</summary>
    public void Dispose()
    {
        Process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
