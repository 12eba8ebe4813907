namespace Fovea.Detection;

/// <summary>The order of a region head's class logits: background first, as in torchvision, or last, as in mmdetection.</summary>
/// <param name="Count">Number of classes, background not among them.</param>
/// <param name="BackgroundFirst">Whether background is label 0 and not the last.</param>
internal sealed record RegionClasses(int Count, bool BackgroundFirst)
{
    /// <summary>Label of background.</summary>
    public int Background => BackgroundFirst ? 0 : Count;

    /// <summary>Number of labels.</summary>
    public int Labels => Count + 1;

    /// <summary>Label of a class.</summary>
    public int LabelOf(int classIndex) => BackgroundFirst ? classIndex + 1 : classIndex;

    /// <summary>Number of boxes that a head gives for a region: where background comes first, it has one as well.</summary>
    public int BoxesPerRegion => BackgroundFirst ? Count + 1 : Count;
}
