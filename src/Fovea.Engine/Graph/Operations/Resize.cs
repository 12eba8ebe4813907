using System.Globalization;

namespace Fovea.Engine.Graph.Operations;

/// <summary>Way from the pixels of a map to those of another size.</summary>
public enum Interpolation
{
    /// <summary>Pixel ⌊target·in/out⌋ along each axis.</summary>
    Nearest,

    /// <summary>Linear along each axis.</summary>
    Bilinear,

    /// <summary>Cubic convolution along each axis, a = −0.75.</summary>
    Bicubic,

    /// <summary>
    /// Mean over the pixels from ⌊target·in/out⌋ up to but without ⌈(target + 1)·in/out⌉ along each axis: adaptive average pooling.
    /// </summary>
    Area,
}

/// <summary>
/// Resizes the two middle axes of a map (N, H, W, C). Linear and cubic grid points lie at half pixels: source = (target + ½)·in/out − ½,
/// or, with aligned corners, at source = target·(in − 1)/(out − 1). Taps outside clamp to the border; nothing is smoothed when it shrinks,
/// but by <see cref="Interpolation.Area"/>.
/// </summary>
/// <param name="Interpolation">Way from pixels to pixels.</param>
/// <param name="Height">Rows of the result.</param>
/// <param name="Width">Columns of the result.</param>
/// <param name="AlignCorners">True where the outermost grid points coincide; linear and cubic only.</param>
/// <param name="Scale">
/// Factors of enlargement of rows and columns that stand in the place of out/in, from which they differ where out was rounded; null to
/// take out/in.
/// </param>
public sealed record Resize(
    Interpolation Interpolation, int Height, int Width, bool AlignCorners = false, (double Rows, double Columns)? Scale = null) : Operation
{
    /// <inheritdoc/>
    public override string Details => Scale is (double rows, double columns)
        ? string.Create(CultureInfo.InvariantCulture, $"{Interpolation} by {rows}×{columns}")
        : AlignCorners ? $"{Interpolation}, aligned corners"
        : $"{Interpolation}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        Shape map = inputs[0].Shape;
        Require(map.Rank == 4, () => $"a feature map has four axes (N, H, W, C), got {map}");
        Require(Height > 0 && Width > 0, () => $"a map has rows and columns, got {Height}×{Width} for {map}");
        Require(
            !AlignCorners || (Interpolation is Interpolation.Bilinear or Interpolation.Bicubic && Scale is null),
            () => "corners are aligned by linear and cubic interpolation to a size, without factors");
        Require(
            Scale is null || (Interpolation != Interpolation.Area && Scale is { Rows: > 0, Columns: > 0 }),
            () => $"factors of enlargement are above 0 and do not go with the interpolation {Interpolation.Area}");
        return [new TensorType([map[0], Height, Width, map[3]])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [node.Graph.Apply(new ResizeGradient(this, node.Inputs[0].Shape), outputGradients[0]!)];
}

/// <summary>The gradient of <see cref="Resize"/>'s map from the result's gradient.</summary>
/// <param name="Forward">The resizing.</param>
/// <param name="InputShape">The shape of the map.</param>
internal sealed record ResizeGradient(Resize Forward, Shape InputShape) : Operation
{
    /// <inheritdoc/>
    public override string Details => Forward.Details;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        return [new TensorType(InputShape)];
    }
}

/// <summary>Resampling as methods on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>Resizes the two middle axes of a map (N, H, W, C).</summary>
    public static Value Resize(this Value map, Interpolation interpolation, int height, int width, bool alignCorners = false) =>
        map.Shape.Rank == 4 && map.Shape[1] == height && map.Shape[2] == width
            ? map
            : map.Graph.Apply(new Resize(interpolation, height, width, alignCorners), map);

    /// <summary>
    /// Enlarges the two middle axes of a map (N, H, W, C) by factors: to (N, ⌊H·rows⌋, ⌊W·columns⌋, C), with grid points 1/factor apart
    /// although the sizes are rounded.
    /// </summary>
    public static Value Enlarge(this Value map, Interpolation interpolation, double rows, double columns) => map.Graph.Apply(
        new Resize(interpolation, (int)(map.Shape[1] * rows), (int)(map.Shape[2] * columns), Scale: (rows, columns)), map);

    /// <summary>
    /// Means over height × width bins of a map (N, H, W, C): bin i holds the pixels from ⌊i·in/out⌋ up to but without ⌈(i + 1)·in/out⌉.
    /// Bins overlap where they do not divide the map, and there may be more of them than pixels.
    /// </summary>
    public static Value AdaptiveAveragePooling(this Value map, int height, int width) => map.Resize(Interpolation.Area, height, width);
}
