namespace Fovea.Models;

/// <summary>Image sizes that a network takes: one rule for both sides.</summary>
/// <param name="Multiple">Number of pixels that a side is a multiple of.</param>
/// <param name="Slack">Pixels beyond a multiple that are taken as well, and change little.</param>
/// <param name="Min">Smallest side.</param>
/// <param name="Max">Largest side.</param>
/// <param name="Square">True if both sides must be equal.</param>
public sealed record ImageSizes(int Multiple = 1, int Slack = 0, int Min = 1, int Max = int.MaxValue, bool Square = false)
{
    /// <summary>True if a size fits the rule.</summary>
    public bool Fits(int height, int width) => Fits(height) && Fits(width) && (!Square || height == width);

    /// <summary>Checks a size.</summary>
    /// <exception cref="ShapeException">It does not fit; the message says which sizes do.</exception>
    public void Check(int height, int width)
    {
        if (!Fits(height, width))
        {
            int nearest = Nearest(height);
            throw new ShapeException(
                $"images of {height}×{width} do not fit: {this}, such as {nearest}×{(Square ? nearest : Nearest(width))}");
        }
    }

    /// <summary>Words the rule, such as "both sides must be multiples of 32".</summary>
    public override string ToString()
    {
        if (Min == Max)
        {
            return $"both sides must be {Min} pixels";
        }

        string limits = Max < int.MaxValue ? $"from {Smallest} to {Max} pixels" : Min > Multiple ? $"at least {Min} pixels" : "";
        string multiples = Multiple == 1 ? "" : $"multiples of {Multiple}{(Slack > 0 ? $", or up to {Slack} pixels more" : "")}";
        string[] rules = [.. new[] { Square ? "equal" : "", multiples, limits }.Where(rule => rule.Length > 0)];
        return $"both sides must be {string.Join(", ", rules)}";
    }

    private int Smallest => Math.Max(Min, Multiple);

    private bool Fits(int side) => side >= Smallest && side <= Max && side % Multiple <= Slack;

    private int Nearest(int side)
    {
        if (Fits(side))
        {
            return side;
        }

        int least = (Math.Max(Min, 1) + Multiple - 1) / Multiple * Multiple;
        int most = Math.Max(least, Max / Multiple * Multiple);
        return Math.Clamp((side + (Multiple / 2)) / Multiple * Multiple, least, most);
    }
}
