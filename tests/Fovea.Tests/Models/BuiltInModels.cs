using Fovea.Models;

namespace Fovea.Tests.Models;

/// <summary>The library's own models: tests that run at the same time register others, whose names begin with <c>test_</c>.</summary>
internal static class BuiltInModels
{
    // Each differs from a shallower or narrower network of its kind in numbers only, and the largest run for up to half a minute.
    private static readonly string[] _larger =
    [
        "patchconvnet_b120", "patchconvnet_b120_bn", "patchconvnet_l60", "patchconvnet_l60_bn", "patchconvnet_l120", "patchconvnet_l120_bn",
        "crossformer_l", "crossformer_pp_l", "resnet101_v1c", "resnet152", "botnet101", "botnet152", "botnet_s1_101", "botnet_s1_152",
        "botnet_t4", "botnet_t5", "botnet_t6", "botnet_t7_320",
    ];

    /// <summary>Their names in the registry's order.</summary>
    public static IReadOnlyList<string> Names => [.. ModelRegistry.Names.Where(IsBuiltIn)];

    /// <summary>Names without those of larger networks that differ from others in numbers only, for tests that run the networks.</summary>
    public static IEnumerable<string> NamesToRun => Names.Except(_larger);

    /// <summary>True for a name of the library's own.</summary>
    public static bool IsBuiltIn(string name) => !name.StartsWith("test_", StringComparison.Ordinal);
}
