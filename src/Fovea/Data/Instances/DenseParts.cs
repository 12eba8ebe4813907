namespace Fovea.Data;

/// <summary>A set of images with targets all over them, such as objects or label maps, with its parts, which share their classes.</summary>
/// <typeparam name="T">Kind of the parts.</typeparam>
public abstract class DenseParts<T> : IDisposable
    where T : class, ISampleSource
{
    private readonly IReadOnlyList<IDisposable> _opened;

    private protected DenseParts(
        T training,
        T? validation,
        T? test,
        IReadOnlyList<DataProblem> problems,
        IReadOnlyList<string> notes,
        IReadOnlyList<IDisposable> opened)
    {
        (Training, Validation, Test) = (training, validation, test);
        (Problems, Notes, _opened) = (problems, notes, opened);
    }

    /// <summary>The training part, or the whole of a set without parts.</summary>
    public T Training { get; }

    /// <summary>The part that chooses the best epoch; null where there is none.</summary>
    public T? Validation { get; }

    /// <summary>The part that measures the result, and nothing before that; null where there is none.</summary>
    public T? Test { get; }

    /// <summary>The part to measure a finished model on: the test part, else that for validation, else all there is.</summary>
    public T Measured => Test ?? Validation ?? Training;

    /// <summary>Problems that were met while the annotations were read; <see cref="DatasetCheck"/> looks for all.</summary>
    public IReadOnlyList<DataProblem> Problems { get; }

    /// <summary>Sentences about what was left out while the set was opened.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The parts with their usual names: train, val, test.</summary>
    internal IEnumerable<(string Name, T Images)> Named =>
        new (string, T?)[] { ("train", Training), ("val", Validation), ("test", Test) }
            .Where(part => part.Item2 is not null)
            .Select(part => (part.Item1, part.Item2!));

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
    private protected static T ValidationOf(DenseParts<T> other) => other.Validation ?? other.Test ?? other.Training;
}
