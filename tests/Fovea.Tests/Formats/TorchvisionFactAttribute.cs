using System.Runtime.CompilerServices;

namespace Fovea.Tests.Formats;

/// <summary>A test that asks torchvision itself: it takes part only where Debian's python3-torchvision is installed.</summary>
internal sealed class TorchvisionFactAttribute : FactAttribute
{
    private static readonly Lazy<bool> _isInstalled = new(() => TorchFactAttribute.Has("torchvision"));

    public TorchvisionFactAttribute([CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber) => Explicit = !_isInstalled.Value;
}
