using Fovea.Layers;

namespace Fovea.Tests.Golden;

/// <summary>Makes of a case's model and options the module it is about. A new family adds its line here.</summary>
internal static class GoldenModules
{
    private static readonly Func<GoldenCase, Module?>[] _families =
        [DenseUnits.Create, CmtGolden.Create, PatchConvNetGolden.Create, PitGolden.Create, CrossFormerGolden.Create, ResNetGolden.Create];

    /// <summary>The module, without memory.</summary>
    /// <exception cref="NotSupportedException">The project does not know the model.</exception>
    public static Module Create(GoldenCase golden) =>
        _families.Select(create => create(golden)).FirstOrDefault(module => module is not null)
        ?? throw new NotSupportedException($"The project does not know the model '{golden.Model}' of {Path.GetFileName(golden.Path)}.");
}
