namespace Fovea.Load;

/// <summary>Claims of a proof, each with whether it holds.</summary>
internal sealed class Verdicts
{
    /// <summary>True as long as every claim held.</summary>
    public bool AllHold { get; private set; } = true;

    /// <summary>Prints a claim.</summary>
    /// <param name="holds">Whether it holds.</param>
    /// <param name="claim">The claim, with its figures.</param>
    public void Add(bool holds, string claim)
    {
        Console.WriteLine($"{(holds ? "holds" : "BROKEN")}   {claim}");
        AllHold &= holds;
    }

    /// <summary>Prints what holds of every load: each answer is right, and no admitted request fails.</summary>
    /// <param name="report">The answers.</param>
    public void AddRight(LoadReport report)
    {
        Add(report.MixedUp == 0, $"no answer is another image's ({report.Right} right ones)");
        Add(report.Failed == 0, "no admitted request failed");
    }
}
