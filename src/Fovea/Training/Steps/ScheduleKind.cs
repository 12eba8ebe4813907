using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fovea.Training;

/// <summary>Course of the learning rate between warm-up and cool-down.</summary>
public enum ScheduleKind
{
    /// <summary>Half a cosine from the rate down to the minimum (arXiv 1608.03983, without restarts).</summary>
    Cosine,

    /// <summary>A factor smaller every few epochs, or from given epochs on, but never below the minimum.</summary>
    Step,

    /// <summary>A power of the share that is left, from the rate down to the minimum (arXiv 1606.00915, section 4.3).</summary>
    Poly,

    /// <summary>
    /// One cycle (arXiv 1708.07120): half a cosine up to the rate over the epochs of the warm-up, and half a cosine down to the minimum.
    /// </summary>
    OneCycle,

    /// <summary>A straight line from the rate down to the minimum.</summary>
    Linear,

    /// <summary>The rate itself.</summary>
    Constant,
}

/// <summary>Words for schedules in files, such as <c>oneCycle</c>.</summary>
internal sealed class ScheduleKindConverter()
    : JsonStringEnumConverter<ScheduleKind>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
