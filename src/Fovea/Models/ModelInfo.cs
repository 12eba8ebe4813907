using Fovea.Data;

namespace Fovea.Models;

/// <summary>
/// Description that travels with a model's weights, so that they can be used: the network, its classes and its preprocessing.
/// </summary>
/// <param name="Name">Registered name of the model.</param>
/// <param name="Options">Changes to the registered variant.</param>
/// <param name="Classes">Names of the classes, in the order of the logits; empty for a network without a head.</param>
/// <param name="Preprocessing">Preprocessing that turns images into the network's input.</param>
public sealed record ModelInfo(string Name, ModelOptions Options, IReadOnlyList<string> Classes, Preprocessing Preprocessing)
{
    /// <summary>Colours of the classes in drawings, for segmentation; empty where nobody chose any.</summary>
    public IReadOnlyList<Rgb> Colors { get; init; } = [];

    /// <summary>
    /// Meaning of the numbers in the label maps that a segmentation was trained on, for its evaluation on others of their kind; null where
    /// nothing was said.
    /// </summary>
    public SegmentationLabels? Labels { get; init; }

    /// <summary>
    /// Describes the model for images of another size. A resize to the shorter side keeps its proportion to the input; of a detector, both
    /// bounds of the sides do.
    /// </summary>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    public ModelInfo At(int height, int width)
    {
        if (Preprocessing.Resize == ResizeRule.BoundedSides)
        {
            return this with
            {
                Options = Options with { Height = height, Width = width },
                Preprocessing = Options is { Height: int rows, Width: int columns }
                    ? Preprocessing.WithSides((double)Math.Min(height, width) / Math.Min(rows, columns))
                    : Preprocessing,
            };
        }

        double factor = (double)Math.Min(height, width) / Math.Min(Preprocessing.Height, Preprocessing.Width);
        int resizeTo = (int)Math.Round(Preprocessing.ResizeTo * factor);
        return this with
        {
            Options = Options with { Height = height, Width = width },
            Preprocessing = Preprocessing with { Height = height, Width = width, ResizeTo = resizeTo },
        };
    }

    /// <summary>Creates the registered network without weights.</summary>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the size.</exception>
    public Network CreateNetwork() => ModelRegistry.Create(Name, Options);

    /// <summary>Names of classes that nobody named: "class 0", "class 1" and so on.</summary>
    internal static string[] Unnamed(int classes) => [.. Enumerable.Range(0, classes).Select(i => $"class {i}")];
}
