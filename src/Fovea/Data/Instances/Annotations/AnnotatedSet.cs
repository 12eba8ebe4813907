namespace Fovea.Data;

/// <summary>All that the annotations of a set state.</summary>
/// <param name="Form">Their form.</param>
/// <param name="Classes">Names of the classes.</param>
/// <param name="HasMasks">True if objects have masks.</param>
internal sealed record AnnotatedSet(AnnotationForm Form, IReadOnlyList<string> Classes, bool HasMasks)
{
    /// <summary>The images of each part; a set without parts has one of them.</summary>
    public required IReadOnlyDictionary<Part, List<AnnotatedImage>> Parts { get; init; }

    /// <summary>Problems that were met while the annotations were read.</summary>
    public required DataProblems Problems { get; init; }
}
