namespace Fovea.Data;

/// <summary>A data set with its parts, which share their classes.</summary>
public sealed class DatasetParts : IDisposable
{
    private readonly IDisposable? _container;

    internal DatasetParts(
        IImageDataset training, IImageDataset? validation, IImageDataset? test, IReadOnlyList<string> notes, IDisposable? container = null)
    {
        (Training, Validation, Test, Notes, _container) = (training, validation, test, notes, container);
    }

    /// <summary>The training part, or the whole of a set without parts.</summary>
    public IImageDataset Training { get; }

    /// <summary>The part that chooses the best epoch; null where there is none.</summary>
    public IImageDataset? Validation { get; }

    /// <summary>The part that measures the result, and nothing before that; null where there is none.</summary>
    public IImageDataset? Test { get; }

    /// <summary>The part to measure a finished model on: the test part, else that for validation, else all there is.</summary>
    public IImageDataset Measured => Test ?? Validation ?? Training;

    /// <summary>Sentences about what was passed over while the set was opened, and what looks like a mistake.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Closes an archive; its images cannot be read any more.</summary>
    public void Dispose() => _container?.Dispose();
}
