namespace Fovea.Data;

/// <summary>Writes <c>annotations/train.json</c> and its like, with the images in <c>train/</c>.</summary>
/// <param name="folder">The folder of the set.</param>
internal sealed class CocoWriter(string folder) : AnnotationWriter(folder)
{
    private readonly List<CocoImage> _images = [];
    private readonly List<CocoAnnotation> _annotations = [];

    /// <inheritdoc/>
    public override bool HoldsMasks => true;

    /// <inheritdoc/>
    public override bool HoldsCrowds => true;

    /// <inheritdoc/>
    protected override string ImageFolder => Part;

    /// <inheritdoc/>
    public override void End()
    {
        CocoCategory[] categories = [.. Classes.Select((name, label) => new CocoCategory(label + 1, name))];
        using FileStream stream = Create($"annotations/{Part}.json");
        new CocoFile([.. _images], categories, [.. _annotations]).Write(stream);
        _images.Clear();
        _annotations.Clear();
    }

    /// <inheritdoc/>
    protected override void Write(string name, ImageSize size, IReadOnlyList<Instance> instances)
    {
        long id = _images.Count + 1;
        _images.Add(new CocoImage(id, size.Width, size.Height, $"{Part}/{name}"));
        foreach (Instance one in instances)
        {
            Box box = one.Box;
            _annotations.Add(new CocoAnnotation(
                _annotations.Count + 1,
                id,
                box.Label + 1,
                new CocoBox(Exact(box.Left), Exact(box.Top), Exact(box.Right) - Exact(box.Left), Exact(box.Bottom) - Exact(box.Top)),
                one.Area,
                one.IsCrowd,
                one.Mask is RunLengthMask mask ? new CocoSegmentation(mask) : null));
        }
    }

    /// <summary>Coordinates without the digits that single precision makes up.</summary>
    private static double Exact(float value) => Math.Round(value, 4);
}
