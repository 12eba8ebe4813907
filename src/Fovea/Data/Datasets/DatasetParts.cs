namespace Fovea.Data;

/// <summary>A set of images with one class each, with its parts, which share their classes.</summary>
public sealed class DatasetParts : DataParts<IImageDataset>
{
    internal DatasetParts(
        IImageDataset training,
        IImageDataset? validation,
        IImageDataset? test,
        IReadOnlyList<string> notes,
        params IReadOnlyList<IDisposable> opened)
        : base(training, validation, test, notes, opened)
    {
    }
}
