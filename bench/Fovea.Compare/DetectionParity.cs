using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Tasks;

namespace Fovea.Compare;

/// <summary>Comparison of detections in images with torchvision: the same file of weights, each image as it is.</summary>
internal static class DetectionParity
{
    private const double MostMaskShare = 1e-3;

    /// <summary>Compares detectors on all images of a folder and prints a line for each detector.</summary>
    /// <param name="models">The detectors.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="threads">Threads of each side.</param>
    /// <param name="output">Where to print.</param>
    /// <param name="cancellation">Stops between two images.</param>
    /// <returns>True if all detections agree.</returns>
    /// <exception cref="PeerException">PyTorch is missing, or has no such detector.</exception>
    public static bool Run(
        IEnumerable<MeasuredModel> models, string folder, int threads, TextWriter output, CancellationToken cancellation)
    {
        string[] files = [.. Directory.EnumerateFiles(folder).Where(ImageFile.HasImageExtension).Order(StringComparer.Ordinal)];
        if (files.Length == 0)
        {
            throw new OptionException($"--images {folder}: there are no images in the folder.");
        }

        bool agree = true;
        using WorkerPool pool = new(threads);
        foreach (MeasuredModel model in models)
        {
            using ImagePeer peer = new(model, threads);
            using Detector detector = Detector.Load(peer.Weights, pool);
            DetectionMatch sum = DetectionMatch.None;
            foreach (string file in files)
            {
                cancellation.ThrowIfCancellationRequested();
                Image image = ImageFile.Read(file);
                PeerDetections theirs = peer.Show<PeerDetections>(image);
                IReadOnlyList<Tasks.Detection> ours = detector.Detect(image, cancellation: cancellation);
                DetectionMatch match = DetectionMatch.Of(theirs, ours, model.FirstLabel);
                Console.Error.WriteLine($"{model} in {Path.GetFileName(file)}, {image.Width}×{image.Height}: {match}");
                sum = sum.And(match);
            }

            output.WriteLine($"{model} in {files.Length} images: {sum}");
            agree &= sum.Share == 0 && sum.MaskShare <= MostMaskShare;
        }

        return agree;
    }
}
