using System.Numerics.Tensors;
using Fovea.Data;

namespace Fovea.Tasks;

/// <summary>Share of an image's pixels that belong to a class.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Index">Index of the class.</param>
/// <param name="Share">Share of all pixels, 0 to 1.</param>
public sealed record ClassShare(string Class, int Index, double Share);

/// <summary>Class of each pixel of an image, as a <see cref="Segmenter"/> tells it.</summary>
/// <param name="Classes">Index of the class of each pixel, in one channel, of the image's own size.</param>
/// <param name="Shares">Share of each class, in the order of the classes.</param>
/// <param name="Probabilities">Probabilities (H, W, classes) where they were asked for, or null.</param>
public sealed record Segmentation(Image Classes, IReadOnlyList<ClassShare> Shares, Tensor<float>? Probabilities = null);
