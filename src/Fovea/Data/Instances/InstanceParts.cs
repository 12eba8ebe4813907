namespace Fovea.Data;

/// <summary>A set of images with objects, with its parts, which share their classes.</summary>
public sealed class InstanceParts : DenseParts<IInstanceDataset>
{
    internal InstanceParts(
        AnnotationForm form,
        IInstanceDataset? training,
        IInstanceDataset? validation,
        IInstanceDataset? test,
        IReadOnlyList<DataProblem> problems,
        IReadOnlyList<string> notes,
        params IReadOnlyList<IDisposable> opened)
        : base(training, validation, test, problems, notes, opened) => Form = form;

    /// <summary>Form of the annotations.</summary>
    public AnnotationForm Form { get; }

    /// <summary>These parts, with another set's for validation: its validation part, else its test part, else all of it.</summary>
    internal InstanceParts WithValidation(InstanceParts other) =>
        new(Form, Training, ValidationOf(other), Test, Problems, [.. Notes, .. other.Notes], this, other);

    /// <summary>These parts, with another set's for the test: its test part, else its validation part, else all of it.</summary>
    internal InstanceParts WithTest(InstanceParts other) =>
        new(Form, Training, Validation, other.Measured, Problems, [.. Notes, .. other.Notes], this, other);
}
