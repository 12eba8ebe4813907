namespace Fovea.Models;

/// <summary>The public code whose form a detector has where the two differ.</summary>
internal enum DetectorForm
{
    /// <summary>torchvision 0.14.</summary>
    Torchvision,

    /// <summary>mmdetection 2.</summary>
    Mmdetection,
}
