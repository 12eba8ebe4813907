using System.Globalization;
using System.Text;

namespace Fovea.Data;

/// <summary>
/// Writes <c>images/train/</c>, <c>labels/train/name.txt</c> and <c>data.yaml</c> with the names: a line for each object, with the
/// outline of its mask, or else its box.
/// </summary>
/// <param name="folder">The folder of the set.</param>
internal sealed class YoloWriter(string folder) : AnnotationWriter(folder)
{
    private bool _hasNames;

    /// <inheritdoc/>
    public override bool HoldsMasks => true;

    /// <inheritdoc/>
    public override bool HoldsCrowds => false;

    /// <inheritdoc/>
    protected override string ImageFolder => $"images/{Part}";

    /// <inheritdoc/>
    public override void Begin(string part, IReadOnlyList<string> classes)
    {
        base.Begin(part, classes);
        if (!_hasNames)
        {
            _hasNames = true;
            StringBuilder names = new("names:\n");
            for (int label = 0; label < classes.Count; label++)
            {
                string name = classes[label].Replace("\"", "'", StringComparison.Ordinal);
                names.Append(CultureInfo.InvariantCulture, $"  {label}: \"{name}\"\n");
            }

            WriteBytes("data.yaml", Encoding.UTF8.GetBytes($"train: images/train\nval: images/val\ntest: images/test\n{names}"));
        }
    }

    /// <inheritdoc/>
    public override void End()
    {
    }

    /// <inheritdoc/>
    protected override void Write(string name, ImageSize size, IReadOnlyList<Instance> instances)
    {
        StringBuilder lines = new();
        foreach (Instance one in instances)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{one.Box.Label}");
            if (one.Mask is { Area: > 0 } mask)
            {
                MaskOutline outline = MaskOutline.Of(mask);
                SimplifiedMasks += outline.IsWhole ? 0 : 1;
                for (int i = 0; i < outline.Corners.Count; i++)
                {
                    lines.Append(' ').Append(Share(outline.Corners[i], i % 2 == 0 ? size.Width : size.Height));
                }
            }
            else
            {
                (double width, double height) = ((double)one.Box.Right - one.Box.Left, (double)one.Box.Bottom - one.Box.Top);
                (double x, double y) = (one.Box.Left + (width / 2), one.Box.Top + (height / 2));
                lines.Append(CultureInfo.InvariantCulture, $" {Share(x, size.Width)} {Share(y, size.Height)}")
                    .Append(CultureInfo.InvariantCulture, $" {Share(width, size.Width)} {Share(height, size.Height)}");
            }

            lines.Append('\n');
        }

        WriteBytes($"labels/{Part}/{Path.GetFileNameWithoutExtension(name)}.txt", Encoding.UTF8.GetBytes(lines.ToString()));
    }

    private static string Share(double pixels, int side) => (pixels / side).ToString("0.########", CultureInfo.InvariantCulture);
}
