using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Compare;

/// <summary>Detectors held against torchvision's: the same file of weights, the same image, from its pixels to boxes and masks.</summary>
internal static class DetectionComparison
{
    /// <summary>Compares the detections, then the times.</summary>
    /// <param name="match">How the sides take turns.</param>
    /// <param name="model">The detector; its size is that of the image.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="peak">The peak of the threads in GFLOP/s.</param>
    /// <param name="cancellation">Stops between two turns.</param>
    /// <exception cref="PeerException">PyTorch is missing, or has no such detector.</exception>
    public static Line Run(Match match, MeasuredModel model, int threads, double peak, CancellationToken cancellation)
    {
        Network network = model.Create();
        using ImagePeer peer = new(model, threads);
        using WorkerPool pool = new(threads);
        using Detector detector = Detector.Load(peer.Weights, pool);
        Data.Image image = Noise.Squares(network.Height, network.Width);
        PeerDetections theirs = peer.Show<PeerDetections>(image);
        DetectionMatch found = DetectionMatch.Of(theirs, detector.Detect(image, cancellation: cancellation), model.FirstLabel);
        Console.Error.WriteLine($"{model}: {found}");
        Outcome outcome = match.Play(
            new InProcessSide(() => detector.Detect(image, cancellation: cancellation), match.Clock),
            new PeerSide(peer.Process, match.Clock),
            cancellation);
        long multiplyAdds = NetworkSummary.Count(network).MultiplyAdds;
        return Line.Of(model, 1, threads, outcome, multiplyAdds, peak, found.Share);
    }
}
