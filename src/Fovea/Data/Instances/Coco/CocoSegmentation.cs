using System.Text.Json.Serialization;

namespace Fovea.Data;

/// <summary>Outline of an object in a COCO file: polygons, or a mask.</summary>
[JsonConverter(typeof(CocoSegmentationConverter))]
public sealed class CocoSegmentation
{
    /// <summary>Makes the outline of polygons, which together are the object.</summary>
    /// <param name="polygons">Corners of each as x, y, x, y, … in pixels of the image; at least one polygon.</param>
    /// <exception cref="ArgumentException">There is no polygon, or one has an odd number of coordinates.</exception>
    public CocoSegmentation(IReadOnlyList<IReadOnlyList<double>> polygons)
    {
        ArgumentNullException.ThrowIfNull(polygons);
        if (polygons.Count == 0)
        {
            throw new ArgumentException("An outline has at least one polygon.", nameof(polygons));
        }

        foreach (IReadOnlyList<double> polygon in polygons)
        {
            if (polygon.Count % 2 != 0)
            {
                throw new ArgumentException($"A polygon has {polygon.Count} coordinates; x and y go in pairs.", nameof(polygons));
            }
        }

        Polygons = polygons;
    }

    /// <summary>Makes the outline of a mask.</summary>
    /// <param name="mask">The mask, of the image's size.</param>
    public CocoSegmentation(RunLengthMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        Mask = mask;
    }

    /// <summary>Corners of each polygon as x, y, x, y, …; null for a mask.</summary>
    public IReadOnlyList<IReadOnlyList<double>>? Polygons { get; }

    /// <summary>Mask; null for polygons.</summary>
    public RunLengthMask? Mask { get; }

    /// <summary>Gives the mask, or draws the polygons.</summary>
    /// <param name="height">Height of the image, for polygons; a mask has its own.</param>
    /// <param name="width">Width of the image, for polygons.</param>
    /// <exception cref="ArgumentException">A coordinate is not finite or immense.</exception>
    public RunLengthMask ToMask(int height, int width) => Mask ?? RunLengthMask.FromPolygons(height, width, Polygons!);
}
