using Fovea.Layers;

namespace Fovea.Tests.Golden;

/// <summary>Golden cases of PatchConvNet: whole networks and their parts.</summary>
internal static class PatchConvNetGolden
{
    /// <summary>The module of a case; null where the case is another family's.</summary>
    public static Module? Create(GoldenCase golden) => null;
}
