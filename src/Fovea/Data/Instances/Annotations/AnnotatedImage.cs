namespace Fovea.Data;

/// <summary>An image with the objects that its annotations state.</summary>
/// <param name="File">The image.</param>
/// <param name="StatedSize">Size that the annotations state; null where they do not.</param>
/// <param name="Objects">The objects in an image of a size: the stated one, else the image's own.</param>
internal sealed record AnnotatedImage(ContainerFile File, ImageSize? StatedSize, Func<ImageSize, IReadOnlyList<AnnotatedObject>> Objects);
