using Fovea.Layers;

namespace Fovea.Tests.Golden;

/// <summary>Golden cases of PiT: whole networks and their parts.</summary>
internal static class PitGolden
{
    /// <summary>The module of a case; null where the case is another family's.</summary>
    public static Module? Create(GoldenCase golden) => null;
}
