namespace Fovea.Data;

/// <summary>A data set with its parts, which share their classes.</summary>
/// <typeparam name="T">Kind of the parts.</typeparam>
public abstract class DataParts<T> : IDisposable
    where T : class, IDataset
{
    private readonly T? _training;
    private readonly IReadOnlyList<IDisposable> _opened;

    private protected DataParts(
        T? training, T? validation, T? test, IReadOnlyList<string> notes, IReadOnlyList<IDisposable> opened)
    {
        (_training, Validation, Test, Notes, _opened) = (training, validation, test, notes, opened);
        Measured = test ?? validation ?? training ?? throw new ArgumentException("A data set has one part at least.", nameof(training));
    }

    /// <summary>The training part, or the whole of a set without parts.</summary>
    /// <exception cref="InvalidDatasetException">There is none, but parts for validation and test.</exception>
    public T Training => _training ?? throw new InvalidDatasetException(
        Location,
        $"it has no training part, only {string.Join(" and ", Named.Select(part => part.Name))}. Name one of its parts train, or give one "
        + "part by itself.");

    /// <summary>The part that chooses the best epoch; null where there is none.</summary>
    public T? Validation { get; }

    /// <summary>The part that measures the result, and nothing before that; null where there is none.</summary>
    public T? Test { get; }

    /// <summary>The part to measure a finished model on: the test part, else that for validation, else all there is.</summary>
    public T Measured { get; }

    /// <summary>Names of the classes, the same in all parts.</summary>
    public IReadOnlyList<string> Classes => Measured.Classes;

    /// <summary>Sentences about what was passed over while the set was opened, and what looks like a mistake.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The parts that there are, with their usual names: train, val, test.</summary>
    public IEnumerable<(string Name, T Images)> Named =>
        new (string, T?)[] { ("train", _training), ("val", Validation), ("test", Test) }
            .Where(part => part.Item2 is not null)
            .Select(part => (part.Item1, part.Item2!));

    /// <summary>Path of the set, for messages.</summary>
    internal string Location { get; init; } = "The data set";

    /// <summary>Closes an archive; its images cannot be read any more.</summary>
    public void Dispose()
    {
        foreach (IDisposable one in _opened)
        {
            one.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>The part of another set that chooses the best epoch: its validation part, else its test part, else all of it.</summary>
    private protected static T ValidationOf(DataParts<T> other) => other.Validation ?? other.Measured;
}
