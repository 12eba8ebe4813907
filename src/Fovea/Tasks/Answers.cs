namespace Fovea.Tasks;

/// <summary>Answer of a classifier on one image, in the form that the command and the server write.</summary>
/// <param name="Image">Name of the image: its path or the name under which it was sent.</param>
/// <param name="Classes">Most probable classes, most probable first.</param>
public sealed record ImageClasses(string Image, IReadOnlyList<Prediction> Classes);

/// <summary>Answer of a detector on one image, in the form that the command and the server write.</summary>
/// <param name="Image">Name of the image: its path or the name under which it was sent.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Height">Rows of the image.</param>
/// <param name="Detections">Objects, surest first.</param>
public sealed record ImageDetections(string Image, int Width, int Height, IReadOnlyList<Detection> Detections);

/// <summary>An image that could not be answered.</summary>
/// <param name="Image">Name of the image: its path or the name under which it was sent.</param>
/// <param name="Error">What was wrong with it, for people.</param>
public sealed record ImageFailure(string Image, string Error);

/// <summary>Answer to the question for the classes of images.</summary>
/// <param name="Predictions">Images that could be read.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
public sealed record ClassesAnswer(IReadOnlyList<ImageClasses> Predictions, IReadOnlyList<ImageFailure>? Failures = null);

/// <summary>Answer to the question for the objects in images.</summary>
/// <param name="Images">Images that could be read.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
public sealed record DetectionsAnswer(IReadOnlyList<ImageDetections> Images, IReadOnlyList<ImageFailure>? Failures = null);
