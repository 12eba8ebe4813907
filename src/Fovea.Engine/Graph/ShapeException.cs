namespace Fovea.Engine.Graph;

/// <summary>
/// A value's shape does not fit the operation it is given to. The message names the module's path, what it got and what it takes.
/// </summary>
public sealed class ShapeException : Exception
{
    /// <summary>Makes an error without a place; the graph adds the module's path.</summary>
    public ShapeException(string problem)
        : base(problem)
    {
    }

    /// <summary>Makes an error that names the module's path.</summary>
    public ShapeException(string path, ShapeException cause)
        : base($"{path}: {cause.Message}", cause) => Path = path;

    /// <summary>The path of the module that built the operation, such as <c>blocks_a.0.attn</c>; null where it is not known.</summary>
    public string? Path { get; }
}
