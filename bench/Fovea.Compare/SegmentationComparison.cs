using Fovea.Engine.Execution;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Compare;

/// <summary>
/// Segmentation networks held against their counterparts in PyTorch: the same file of weights, the same image, from its pixels to the class
/// of each.
/// </summary>
internal static class SegmentationComparison
{
    /// <summary>Compares the classes of the pixels, then the times.</summary>
    /// <param name="match">How the sides take turns.</param>
    /// <param name="model">The network; its size is that of the image.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="peak">The peak of the threads in GFLOP/s.</param>
    /// <param name="cancellation">Stops between two turns.</param>
    /// <exception cref="PeerException">PyTorch is missing, or has no such network.</exception>
    public static Line Run(Match match, MeasuredModel model, int threads, double peak, CancellationToken cancellation)
    {
        Network network = model.Create();
        using ImagePeer peer = new(model, threads);
        using WorkerPool pool = new(threads);
        using Segmenter segmenter = Segmenter.Load(peer.Weights, pool);
        Data.Image image = Noise.Squares(network.Height, network.Width);
        byte[] theirs = peer.Show<PeerClasses>(image).Classes;
        byte[] ours = segmenter.Segment(image, cancellation: cancellation).Classes.Pixels;
        int different = ours.Zip(theirs).Count(pixel => pixel.First != pixel.Second);
        Console.Error.WriteLine(
            $"{model}: {Numbers.Whole(theirs.Length)} pixels of {theirs.Distinct().Count()} classes, {different} of another in Fovea");
        Outcome outcome = match.Play(
            new InProcessSide(() => segmenter.Segment(image, cancellation: cancellation), match.Clock),
            new PeerSide(peer.Process, match.Clock),
            cancellation);
        long multiplyAdds = NetworkSummary.Count(network).MultiplyAdds;
        return Line.Of(model, 1, threads, outcome, multiplyAdds, peak, (double)different / theirs.Length);
    }

    /// <summary>Classes of the pixels of an image as the peer tells them.</summary>
    /// <param name="Classes">A byte for each pixel, row by row.</param>
    private sealed record PeerClasses(byte[] Classes);
}
