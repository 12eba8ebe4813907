using System.Text.Json.Serialization;

namespace Fovea.Client;

/// <summary>An encoded image to send.</summary>
/// <param name="Name">Name, which the answer repeats; that of a single image is not sent.</param>
/// <param name="Bytes">The image: PNG, JPEG, WebP, GIF or BMP.</param>
public sealed record EncodedImage(string Name, ReadOnlyMemory<byte> Bytes);

/// <summary>A model of the server.</summary>
/// <param name="Name">Name in the address.</param>
/// <param name="Model">Registered name of the network.</param>
/// <param name="Tasks">Tasks that it does, the first its own: predict, detect, segment, explain.</param>
/// <param name="Height">Rows of the network's input.</param>
/// <param name="Width">Columns of the network's input.</param>
/// <param name="Classes">Names of the classes.</param>
public sealed record ServedModel(
    string Name, string Model, IReadOnlyList<string> Tasks, int Height, int Width, IReadOnlyList<string> Classes);

/// <summary>Class and its probability.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Probability">Probability, from 0 to 1.</param>
public sealed record ClassScore(string Class, float Probability);

/// <summary>Classes of an image.</summary>
/// <param name="Image">Name of the image.</param>
/// <param name="Classes">Most probable classes, most probable first.</param>
public sealed record ImageClasses(string Image, IReadOnlyList<ClassScore> Classes);

/// <summary>An image that the server could not read.</summary>
/// <param name="Image">Name of the image.</param>
/// <param name="Error">What is wrong with it.</param>
public sealed record UnreadImage(string Image, string Error);

/// <summary>Classes of images.</summary>
/// <param name="Predictions">Images that could be read, in the order in which they were sent.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
public sealed record ClassifiedImages(IReadOnlyList<ImageClasses> Predictions, IReadOnlyList<UnreadImage>? Failures);

/// <summary>Pixels of an object or a class, as COCO's compressed run lengths.</summary>
/// <param name="Size">Rows and columns of the image.</param>
/// <param name="Counts">The run lengths.</param>
public sealed record ObjectMask(IReadOnlyList<int> Size, string Counts);

/// <summary>An object in an image.</summary>
/// <param name="Class">Name of its class.</param>
/// <param name="Score">Score, from 0 to 1.</param>
/// <param name="Box">Edges in pixels: left, top, right, bottom.</param>
/// <param name="Mask">Its pixels; null where the model gives none.</param>
public sealed record DetectedObject(string Class, float Score, IReadOnlyList<float> Box, ObjectMask? Mask);

/// <summary>Objects in an image.</summary>
/// <param name="Image">Name of the image.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Height">Rows of the image.</param>
/// <param name="Detections">Objects, surest first.</param>
public sealed record ImageObjects(string Image, int Width, int Height, IReadOnlyList<DetectedObject> Detections);

/// <summary>Objects in images.</summary>
/// <param name="Images">Images that could be read, in the order in which they were sent.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
public sealed record DetectedImages(IReadOnlyList<ImageObjects> Images, IReadOnlyList<UnreadImage>? Failures);

/// <summary>A class that occurs in an image.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Share">Share of the image's pixels, from 0 to 1.</param>
/// <param name="Mask">Its pixels.</param>
public sealed record SegmentedClass(string Class, double Share, ObjectMask Mask);

/// <summary>Class of each pixel of an image, class by class.</summary>
/// <param name="Image">Name of the image.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Height">Rows of the image.</param>
/// <param name="Classes">Classes that occur, the largest share first.</param>
public sealed record ImageClassMasks(string Image, int Width, int Height, IReadOnlyList<SegmentedClass> Classes);

/// <summary>Classes of the pixels of images.</summary>
/// <param name="Images">Images that could be read, in the order in which they were sent.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
public sealed record SegmentedImages(IReadOnlyList<ImageClassMasks> Images, IReadOnlyList<UnreadImage>? Failures);

/// <summary>Map over an image that explains what a classifier answers.</summary>
/// <param name="Image">Name of the image.</param>
/// <param name="Method">Name of the method, such as grad-cam.</param>
/// <param name="Layer">Layer whose grid the map has; null for a grid over the input itself.</param>
/// <param name="Head">Head of the attention; null for the mean of all.</param>
/// <param name="Query">Point (x, y) in pixels whose attention the map shows; null for a class token or the mean of all points.</param>
/// <param name="Class">Class that is explained; null where the map does not depend on one.</param>
/// <param name="Height">Rows of the map.</param>
/// <param name="Width">Columns of the map.</param>
/// <param name="Values">Numbers of the map, row by row (height × width).</param>
/// <param name="ClassTokenShare">Share of the attention that lies on class tokens; null where there is none.</param>
/// <param name="Region">Part of the image that the map lies over, in pixels: left, top, right, bottom.</param>
public sealed record ExplanationMap(
    string Image,
    string Method,
    string? Layer,
    int? Head,
    IReadOnlyList<double>? Query,
    string? Class,
    int Height,
    int Width,
    IReadOnlyList<float> Values,
    float? ClassTokenShare,
    IReadOnlyList<double> Region);

/// <summary>Maps over images.</summary>
/// <param name="Explanations">Maps of the images that could be read, image by image in the order in which they were sent.</param>
/// <param name="Failures">Images that could not be read; null where all could.</param>
public sealed record ExplainedImages(IReadOnlyList<ExplanationMap> Explanations, IReadOnlyList<UnreadImage>? Failures);

/// <summary>List of the models of a server.</summary>
/// <param name="Models">The models.</param>
internal sealed record ServedModels(IReadOnlyList<ServedModel> Models);

/// <summary>Problem details, the part that is for people.</summary>
/// <param name="Detail">What was wrong, and what to do.</param>
internal sealed record Problem(string? Detail);

/// <summary>Generated code for the server's answers.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(ServedModels))]
[JsonSerializable(typeof(ClassifiedImages))]
[JsonSerializable(typeof(DetectedImages))]
[JsonSerializable(typeof(SegmentedImages))]
[JsonSerializable(typeof(ExplainedImages))]
[JsonSerializable(typeof(Problem))]
internal sealed partial class ClientJson : JsonSerializerContext;
