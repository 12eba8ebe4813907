namespace Fovea.Models;

/// <summary>The image sizes that a network takes, the same rule for both sides.</summary>
/// <param name="Multiple">A side is a multiple of so many pixels.</param>
/// <param name="Slack">So many pixels more are taken, too, and change little.</param>
/// <param name="Least">The smallest side.</param>
/// <param name="Most">The largest side.</param>
/// <param name="Square">Whether both sides must be equal.</param>
public sealed record ImageSizes(int Multiple = 1, int Slack = 0, int Least = 1, int Most = int.MaxValue, bool Square = false)
{
    /// <summary>Whether a size fits.</summary>
    public bool Fits(int height, int width) => Fits(height) && Fits(width) && (!Square || height == width);

    /// <summary>Checks a size.</summary>
    /// <exception cref="ShapeException">It does not fit; the message says which sizes do.</exception>
    public void Check(int height, int width)
    {
        if (!Fits(height, width))
        {
            int nearest = Nearest(height);
            throw new ShapeException($"images of {height}×{width} do not fit: {this}, such as {nearest}×{(Square ? nearest : Nearest(width))}");
        }
    }

    /// <summary>The rule in words, such as "both sides must be multiples of 32".</summary>
    public override string ToString()
    {
        if (Least == Most)
        {
            return $"both sides must be {Least} pixels";
        }

        string limits = Most < int.MaxValue ? $"from {Math.Max(Least, Multiple)} to {Most} pixels" : Least > Multiple ? $"at least {Least} pixels" : "";
        string multiples = Multiple == 1 ? "" : $"multiples of {Multiple}{(Slack > 0 ? $", or up to {Slack} pixels more" : "")}";
        string[] rules = [.. new[] { Square ? "equal" : "", multiples, limits }.Where(rule => rule.Length > 0)];
        return $"both sides must be {string.Join(", ", rules)}";
    }

    private bool Fits(int side) => side >= Math.Max(Least, Multiple) && side <= Most && side % Multiple <= Slack;

    private int Nearest(int side)
    {
        int least = (Math.Max(Least, 1) + Multiple - 1) / Multiple * Multiple;
        return Fits(side) ? side : Math.Clamp((side + (Multiple / 2)) / Multiple * Multiple, least, Math.Max(least, Most / Multiple * Multiple));
    }
}
