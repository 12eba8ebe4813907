using Fovea.Engine.Execution;

namespace Fovea.Explanations;

/// <summary>Part of an answer that is explained: classes, and the place in the answer where their scores are read.</summary>
/// <param name="Classes">Indices of the classes, a map for each.</param>
internal sealed record Target(IReadOnlyList<int> Classes)
{
    /// <summary>Writes the place into a plan of <see cref="TargetScores.Build"/>.</summary>
    public Action<Plan> Write { get; init; } = _ => { };

    /// <summary>Writes the place into a plan of <see cref="TargetScores.BuildOccluded"/>.</summary>
    public Action<Plan> WriteOccluded { get; init; } = _ => { };

    /// <summary>Name of the map that explains it where none is asked for; the network's usual one where null.</summary>
    public string? Layer { get; init; }

    /// <summary>Pixel whose classes these are; null where no pixel was asked for.</summary>
    public ImagePoint? Pixel { get; init; }

    /// <summary>The detection; null for other tasks.</summary>
    public ExplainedDetection? Detection { get; init; }
}
