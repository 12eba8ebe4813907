using Fovea.Models;

namespace Fovea.Tests.Models;

/// <summary>The library's own models: tests that run at the same time register others, whose names begin with <c>test_</c>.</summary>
internal static class BuiltInModels
{
    /// <summary>Their names in the registry's order.</summary>
    public static IReadOnlyList<string> Names => [.. ModelRegistry.Names.Where(IsBuiltIn)];

    /// <summary>True for a name of the library's own.</summary>
    public static bool IsBuiltIn(string name) => !name.StartsWith("test_", StringComparison.Ordinal);
}
