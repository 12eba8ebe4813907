using Fovea.Data;

namespace Fovea.Tests.Data;

/// <summary>A test that decodes JPEG images: skipped by name where libjpeg-turbo is not installed.</summary>
internal sealed class JpegFactAttribute : FactAttribute
{
    public const string Missing = "libjpeg-turbo is not installed (Debian: libturbojpeg0).";

    public JpegFactAttribute() => Skip = TurboJpeg.IsInstalled ? null : Missing;
}

/// <summary>A test over several JPEG images: skipped by name where libjpeg-turbo is not installed.</summary>
internal sealed class JpegTheoryAttribute : TheoryAttribute
{
    public JpegTheoryAttribute() => Skip = TurboJpeg.IsInstalled ? null : JpegFactAttribute.Missing;
}
