using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Training;

/// <summary>Target that a teacher gives.</summary>
public enum DistillationKind
{
    /// <summary>Its most probable class, as a label (arXiv 2012.12877, eq. 3).</summary>
    Hard,

    /// <summary>Its probabilities at a temperature (arXiv 1503.02531).</summary>
    Soft,
}

/// <summary>Options of knowledge distillation: the loss is (1 − α) · objective + α · distance from the teacher.</summary>
public sealed record Distillation
{
    /// <summary>Checkpoint of the teacher, of any kind that can be imported, with the classes of the training set.</summary>
    public string Teacher { get; init; } = "";

    /// <summary>Target that the teacher gives.</summary>
    public DistillationKind Kind { get; init; }

    /// <summary>Weight α of the teacher, from 0 to 1.</summary>
    public float Alpha { get; init; } = 0.5f;

    /// <summary>Temperature T that softens the outputs of teacher and student, above 0; for <see cref="DistillationKind.Soft"/>.</summary>
    public float Temperature { get; init; } = 1;

    /// <summary>Checks that the options make sense.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        TrainingOptions.Check(Teacher.Length > 0, "Distillation.Teacher", "the path of a checkpoint", "empty");
        TrainingOptions.Check(Alpha is >= 0 and <= 1, "Distillation.Alpha", "from 0 to 1", Alpha);
        TrainingOptions.Check(Temperature is > 0 and < float.PositiveInfinity, "Distillation.Temperature", "above 0", Temperature);
    }
}

/// <summary>Words for the targets of teachers in files, such as <c>soft</c>.</summary>
internal sealed class DistillationKindConverter()
    : JsonStringEnumConverter<DistillationKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
