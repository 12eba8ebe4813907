using System.Text.Json;
using System.Text.Json.Nodes;
using Fovea.Data;

namespace Fovea.Compare;

/// <summary>A process that has a detector or a segmentation network of PyTorch open, with a file of its weights.</summary>
internal sealed class ImagePeer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-compare-").FullName;

    /// <summary>Starts the process, which writes the weights.</summary>
    /// <param name="model">The network.</param>
    /// <param name="threads">Threads to run on.</param>
    /// <exception cref="PeerException">PyTorch is missing, or has no such network.</exception>
    public ImagePeer(MeasuredModel model, int threads)
    {
        Process = PyTorch.Start();
        try
        {
            Process.Ask("ready", new JsonObject { ["network"] = model.Name, ["file"] = Weights, ["threads"] = threads });
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

    /// <summary>Gives the network an image, which stays the one of later runs.</summary>
    /// <param name="image">A colour image.</param>
    /// <returns>What the network makes of it.</returns>
    public T Show<T>(Image image)
    {
        string file = Path.Combine(_folder, "pixels");
        File.WriteAllBytes(file, image.Pixels);
        JsonObject found = Process.Ask("image", new JsonObject { ["file"] = file, ["height"] = image.Height, ["width"] = image.Width });
        return found.Deserialize<T>(Results.Json)!;
    }

    /// <summary>Ends the process and deletes its files.</summary>
    public void Dispose()
    {
        Process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
