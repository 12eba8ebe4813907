using System.Globalization;

namespace Fovea.Data;

/// <summary>
/// Rules by which stated objects become those that are learnt and counted: boxes are clipped at the border of the image, and left out where
/// less than a pixel of a side is inside, or where their mask does not fit the image.
/// </summary>
internal static class InstanceRules
{
    /// <summary>Smallest side of a box, in pixels.</summary>
    public const float MinSide = 1;

    /// <summary>Applies the rules to one image.</summary>
    /// <param name="image">The image and its stated objects.</param>
    /// <param name="size">Size that their coordinates are meant in.</param>
    /// <param name="problems">Takes the problems; null where nobody asks.</param>
    public static List<Instance> Apply(AnnotatedImage image, ImageSize size, DataProblems? problems = null)
    {
        List<Instance> instances = [];
        HashSet<Box> seen = [];
        foreach (AnnotatedObject stated in image.Objects(size))
        {
            DataProblemKind? reason = Refuse(stated, size);
            RunLengthMask? mask = null;
            if (reason is null && !TryDraw(stated, size, out mask))
            {
                reason = DataProblemKind.UnusableMask;
            }

            if (reason is DataProblemKind kind)
            {
                problems?.Add(kind, Place(image, stated));
                continue;
            }

            Box box = Clip(stated, size);
            Instance instance = new(box, mask, stated.IsCrowd);
            bool keepsArea = mask is not null || !IsClipped(stated, size);
            instances.Add(stated.Area is double area && keepsArea ? instance with { Area = area } : instance);
            if (problems is not null)
            {
                Remark(image, stated, size, mask, seen.Add(box), problems);
            }
        }

        return instances;
    }

    /// <summary>Counts what the rules leave out of an image, by boxes alone.</summary>
    /// <param name="image">The image and its stated objects.</param>
    /// <param name="size">Size that their coordinates are meant in.</param>
    /// <param name="problems">Takes the problems.</param>
    /// <returns>Number of objects that stay.</returns>
    public static int Count(AnnotatedImage image, ImageSize size, DataProblems problems)
    {
        int kept = 0;
        foreach (AnnotatedObject stated in image.Objects(size))
        {
            if (Refuse(stated, size) is DataProblemKind kind)
            {
                problems.Add(kind, Place(image, stated));
            }
            else
            {
                kept++;
            }
        }

        return kept;
    }

    private static DataProblemKind? Refuse(AnnotatedObject stated, ImageSize size)
    {
        if (!double.IsFinite(stated.Left + stated.Top + stated.Right + stated.Bottom))
        {
            return DataProblemKind.BoxNotFinite;
        }

        if (stated.Right <= 0 || stated.Bottom <= 0 || stated.Left >= size.Width || stated.Top >= size.Height)
        {
            return DataProblemKind.BoxOutside;
        }

        Box box = Clip(stated, size);
        return box.Right - box.Left < MinSide || box.Bottom - box.Top < MinSide ? DataProblemKind.BoxTooSmall : null;
    }

    private static void Remark(
        AnnotatedImage image, AnnotatedObject stated, ImageSize size, RunLengthMask? mask, bool isNew, DataProblems problems)
    {
        if (IsClipped(stated, size))
        {
            problems.Add(DataProblemKind.BoxClipped, Place(image, stated));
        }

        if (mask is { Area: 0 })
        {
            problems.Add(DataProblemKind.EmptyMask, Place(image, stated));
        }

        if (!isNew)
        {
            problems.Add(DataProblemKind.RepeatedObject, Place(image, stated));
        }
    }

    private static bool TryDraw(AnnotatedObject stated, ImageSize size, out RunLengthMask? mask)
    {
        mask = null;
        try
        {
            mask = stated.Mask?.Invoke();
            return mask is null || (mask.Width == size.Width && mask.Height == size.Height);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidDataException)
        {
            return false;
        }
    }

    private static Box Clip(AnnotatedObject stated, ImageSize size) =>
        new Box((float)stated.Left, (float)stated.Top, (float)stated.Right, (float)stated.Bottom, stated.Label)
            .Within(0, 0, size.Width, size.Height);

    private static bool IsClipped(AnnotatedObject stated, ImageSize size) =>
        stated.Left < 0 || stated.Top < 0 || (float)stated.Right > size.Width || (float)stated.Bottom > size.Height;

    private static string Place(AnnotatedImage image, AnnotatedObject stated) => string.Create(
        CultureInfo.InvariantCulture, $"{image.File.Name}: {stated.Left:0.##} {stated.Top:0.##} {stated.Right:0.##} {stated.Bottom:0.##}");
}
