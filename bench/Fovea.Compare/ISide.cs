namespace Fovea.Compare;

/// <summary>One of the two sides of a comparison, ready to run the same work again and again.</summary>
internal interface ISide
{
    /// <summary>Takes a turn.</summary>
    /// <param name="runs">The fewest runs.</param>
    /// <param name="milliseconds">The shortest time that the turn takes.</param>
    /// <returns>The time of each run in milliseconds.</returns>
    double[] Run(int runs, double milliseconds);
}
