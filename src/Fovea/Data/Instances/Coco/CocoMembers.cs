namespace Fovea.Data;

/// <summary>Members of one entry in a COCO file, with errors that say which entry of which file is at fault.</summary>
/// <param name="file">Name of the file.</param>
/// <param name="place">The entry's place, such as <c>annotations[3]</c>.</param>
/// <param name="id">The entry's id, where it has one.</param>
internal readonly struct CocoMembers(string file, string place, long? id = null)
{
    /// <summary>Numbers of a box, as the file has them.</summary>
    public static double[] Numbers(CocoBox box) => [box.X, box.Y, box.Width, box.Height];

    /// <summary>The error of this entry.</summary>
    /// <param name="problem">What is wrong with it, as the rest of a sentence whose subject is the entry.</param>
    /// <param name="cause">The failure underneath, where there is one.</param>
    public InvalidDatasetException Error(string problem, Exception? cause = null) =>
        new(file, $"{place}{(id is long number ? $" (id {number})" : "")} {problem}.", cause);

    /// <summary>The entry itself, which is not null.</summary>
    public T Require<T>(T? entry)
        where T : class => entry ?? throw Error("is null");

    /// <summary>A member that must be there.</summary>
    public T Require<T>(T? value, string name)
        where T : class => value ?? throw Missing(name);

    /// <summary>A member that must be there.</summary>
    public T Require<T>(T? value, string name)
        where T : struct => value ?? throw Missing(name);

    /// <summary>A number that must be there and be finite.</summary>
    public double RequireFinite(double? value, string name) =>
        Require(value, name) is double number && double.IsFinite(number) ? number : throw Error($"has no finite '{name}'");

    /// <summary>A box; null where the member is missing or an empty list.</summary>
    public CocoBox? Box(double[]? numbers) => numbers switch
    {
        null or [] => null,
        [double x, double y, double width, double height] => new CocoBox(x, y, width, height) is { IsFinite: true } box
            ? box
            : throw Error("has a 'bbox' that is not finite"),
        _ => throw Error($"has a 'bbox' of {numbers.Length} numbers; x, y, width and height are expected"),
    };

    /// <summary>Draws the entry's outline.</summary>
    public RunLengthMask Draw(CocoSegmentation segmentation, CocoImage image)
    {
        try
        {
            return segmentation.ToMask(image.Height, image.Width);
        }
        catch (ArgumentException error)
        {
            throw Error($"has a 'segmentation' that cannot be drawn: {ExceptionText.Of(error)}", error);
        }
    }

    private InvalidDatasetException Missing(string name) => Error($"has no '{name}'");
}
