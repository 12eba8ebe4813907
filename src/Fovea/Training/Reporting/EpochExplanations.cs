using System.Globalization;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Explanations;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Explanations of the same few images after some of the epochs, as <c>explanations/epoch-003.png</c> in a run's folder, so that one sees
/// them form. They explain the class that each image is of.
/// </summary>
internal sealed class EpochExplanations : IDisposable
{
    private const string Prefix = "epoch-";
    private const int MostImages = 8;
    private const int MostInReport = 12;

    private readonly Model _model;
    private readonly Explainer _explainer;
    private readonly RunFolder _folder;
    private readonly List<(Image Image, string Class)> _images = [];

    private EpochExplanations(Model model, IImageDataset images, RunFolder folder, WorkerPool pool)
    {
        (_model, _folder) = (model, folder);
        int count = Math.Min(MostImages, images.Count);
        for (int i = 0; i < count; i++)
        {
            int index = (int)((long)i * images.Count / count);
            try
            {
                _images.Add((images.Load(index), images.Classes[images.LabelOf(index)]));
            }
            catch (InvalidImageException)
            {
                // The evaluation names it.
            }
        }

        _explainer = new Explainer(model, pool);
    }

    /// <summary>Prepares explanations of images that are spread evenly over a set.</summary>
    /// <param name="model">The model, which stays the caller's.</param>
    /// <param name="samples">The set; one of images with classes.</param>
    /// <param name="folder">Folder of the run.</param>
    /// <param name="pool">Threads to run on.</param>
    /// <exception cref="ArgumentException">The model does not classify images, or the set has no classes.</exception>
    public static EpochExplanations Of(Model model, ISampleSource samples, RunFolder folder, WorkerPool pool) =>
        samples is IImageDataset images && model.Network.Head is not (null or DenseHead)
            ? new EpochExplanations(model, images, folder, pool)
            : throw new ArgumentException(
                $"{nameof(TrainingOptions.ExplainEvery)} explains classifiers, and {model.Info.Name} is none here: leave it at 0.",
                nameof(TrainingOptions.ExplainEvery));

    /// <summary>Pictures of a run, by epoch.</summary>
    /// <param name="folder">Folder of the run.</param>
    public static string[] PicturesIn(RunFolder folder) => Directory.Exists(folder.ExplanationsPath)
        ? [.. Directory.GetFiles(folder.ExplanationsPath, Prefix + "*.png").Where(path => EpochOf(path) > 0).OrderBy(EpochOf)]
        : [];

    /// <summary>Pictures for a report: all of them, or the first, the last and some between where there are many.</summary>
    /// <param name="folder">Folder of the run.</param>
    public static ReportImage[] ForReport(RunFolder folder)
    {
        string[] paths = PicturesIn(folder);
        int shown = Math.Min(MostInReport, paths.Length);
        return
        [
            .. Enumerable.Range(0, shown)
                .Select(i => paths[shown == 1 ? 0 : i * (paths.Length - 1) / (shown - 1)])
                .Select(path => new ReportImage(File.ReadAllBytes(path), $"epoch {EpochOf(path)}")),
        ];
    }

    /// <summary>Draws the images with their explanations by the model as it is now.</summary>
    /// <param name="epoch">Number of epochs trained.</param>
    /// <exception cref="UnwritableFileException">The picture cannot be written.</exception>
    public void Draw(int epoch)
    {
        _model.Refresh();
        byte[] png = PngEncoder.Encode(ExplanationDrawing.Pairs(
            [.. _images.Select(one => (_model.Info.Preprocessing.View(one.Image), Explain(one.Image, one.Class)))]));
        try
        {
            Directory.CreateDirectory(_folder.ExplanationsPath);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw UnwritableFileException.From(_folder.ExplanationsPath, error);
        }

        string path = Path.Combine(_folder.ExplanationsPath, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{epoch:D3}.png"));
        AtomicFile.Write(path, stream => stream.Write(png));
    }

    /// <summary>Frees the explainer's memory; the model stays.</summary>
    public void Dispose() => _explainer.Dispose();

    private Explanation Explain(Image image, string name) => _explainer.Explain(image, new ExplanationOptions { Classes = [name] })[0];

    private static int EpochOf(string path) =>
        int.TryParse(
            Path.GetFileNameWithoutExtension(path)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int epoch)
            ? epoch
            : 0;
}
