namespace Fovea.Data;

/// <summary>A set of images with targets all over them, such as objects or label maps, with its parts.</summary>
/// <typeparam name="T">Kind of the parts.</typeparam>
public abstract class DenseParts<T> : DataParts<T>
    where T : class, IDataset
{
    private protected DenseParts(
        T? training,
        T? validation,
        T? test,
        IReadOnlyList<DataProblem> problems,
        IReadOnlyList<string> notes,
        IReadOnlyList<IDisposable> opened)
        : base(training, validation, test, notes, opened) => Problems = problems;

    /// <summary>Problems that were met while the annotations were read; <see cref="DatasetCheck"/> looks for all.</summary>
    public IReadOnlyList<DataProblem> Problems { get; }
}
