namespace Fovea.Engine.Graph.Operations;

/// <summary>Interpolation between grid points.</summary>
public enum Interpolation
{
    /// <summary>Linear along each axis.</summary>
    Bilinear,

    /// <summary>Cubic convolution along each axis, a = −0.75.</summary>
    Bicubic,
}

/// <summary>
/// Resizes the two middle axes of a map (N, H, W, C). Grid points lie at half pixels: source = (target + ½)·in/out − ½, or, with
/// aligned corners, at source = target·(in − 1)/(out − 1). Taps outside clamp to the border; nothing is smoothed when the map shrinks.
/// </summary>
/// <param name="Interpolation">Linear or cubic.</param>
/// <param name="Height">Rows of the result.</param>
/// <param name="Width">Columns of the result.</param>
/// <param name="AlignCorners">True where the outermost grid points coincide.</param>
public sealed record Resize(Interpolation Interpolation, int Height, int Width, bool AlignCorners) : Operation
{
    /// <inheritdoc/>
    public override string Details => AlignCorners ? $"{Interpolation}, aligned corners" : $"{Interpolation}";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        Shape map = inputs[0].Shape;
        Require(map.Rank == 4, () => $"a feature map has four axes (N, H, W, C), got {map}");
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

/// <summary>Resampling as a method on values.</summary>
public static partial class ValueExtensions
{
    /// <summary>Resizes the two middle axes of a map (N, H, W, C).</summary>
    public static Value Resize(this Value map, Interpolation interpolation, int height, int width, bool alignCorners = false) =>
        map.Shape.Rank == 4 && map.Shape[1] == height && map.Shape[2] == width
            ? map
            : map.Graph.Apply(new Resize(interpolation, height, width, alignCorners), map);
}
