namespace Fovea.Data;

/// <summary>A set of images with label maps, with its parts, which share their classes.</summary>
public sealed class SegmentationParts : DenseParts<ISegmentationDataset>
{
    internal SegmentationParts(
        ISegmentationDataset? training,
        ISegmentationDataset? validation,
        ISegmentationDataset? test,
        IReadOnlyList<DataProblem> problems,
        IReadOnlyList<string> notes,
        params IReadOnlyList<IDisposable> opened)
        : base(training, validation, test, problems, notes, opened)
    {
    }

    /// <summary>These parts, with another set's for validation: its validation part, else its test part, else all of it.</summary>
    internal SegmentationParts WithValidation(SegmentationParts other) =>
        new(Training, ValidationOf(other), Test, Problems, [.. Notes, .. other.Notes], this, other);

    /// <summary>These parts, with another set's for the test: its test part, else its validation part, else all of it.</summary>
    internal SegmentationParts WithTest(SegmentationParts other) =>
        new(Training, Validation, other.Measured, Problems, [.. Notes, .. other.Notes], this, other);
}
