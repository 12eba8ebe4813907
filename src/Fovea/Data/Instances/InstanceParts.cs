namespace Fovea.Data;

/// <summary>A set of images with objects, with its parts, which share their classes.</summary>
public sealed class InstanceParts : IDisposable
{
    private readonly IDisposable _opened;

    internal InstanceParts(
        AnnotationForm form,
        IInstanceDataset training,
        IInstanceDataset? validation,
        IInstanceDataset? test,
        IReadOnlyList<DataProblem> problems,
        IReadOnlyList<string> notes,
        IDisposable opened)
    {
        (Form, Training, Validation, Test) = (form, training, validation, test);
        (Problems, Notes, _opened) = (problems, notes, opened);
    }

    /// <summary>Form of the annotations.</summary>
    public AnnotationForm Form { get; }

    /// <summary>The training part, or the whole of a set without parts.</summary>
    public IInstanceDataset Training { get; }

    /// <summary>The part that chooses the best epoch; null where there is none.</summary>
    public IInstanceDataset? Validation { get; }

    /// <summary>The part that measures the result, and nothing before that; null where there is none.</summary>
    public IInstanceDataset? Test { get; }

    /// <summary>The part to measure a finished model on: the test part, else that for validation, else all there is.</summary>
    public IInstanceDataset Measured => Test ?? Validation ?? Training;

    /// <summary>Problems that were met while the annotations were read; <see cref="DatasetCheck"/> looks for all.</summary>
    public IReadOnlyList<DataProblem> Problems { get; }

    /// <summary>Sentences about what was left out while the set was opened.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The parts with their usual names: train, val, test.</summary>
    internal IEnumerable<(string Name, InstanceDataset Images)> Named =>
        new (string, IInstanceDataset?)[] { ("train", Training), ("val", Validation), ("test", Test) }
            .Where(part => part.Item2 is not null)
            .Select(part => (part.Item1, (InstanceDataset)part.Item2!));

    /// <summary>Closes an archive; its images cannot be read any more.</summary>
    public void Dispose() => _opened.Dispose();

    /// <summary>These parts, with another set's for validation: its validation part, else its test part, else all of it.</summary>
    internal InstanceParts WithValidation(InstanceParts other)
    {
        IInstanceDataset chosen = other.Validation ?? other.Test ?? other.Training;
        return new InstanceParts(Form, Training, chosen, Test, Problems, [.. Notes, .. other.Notes], new Opened(this, other));
    }

    /// <summary>These parts, with another set's for the test: its test part, else its validation part, else all of it.</summary>
    internal InstanceParts WithTest(InstanceParts other) =>
        new(Form, Training, Validation, other.Measured, Problems, [.. Notes, .. other.Notes], new Opened(this, other));

    /// <summary>Sets that are closed together.</summary>
    private sealed class Opened(params InstanceParts[] sets) : IDisposable
    {
        public void Dispose() => Array.ForEach(sets, set => set.Dispose());
    }
}
