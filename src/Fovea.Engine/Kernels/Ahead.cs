namespace Fovea.Engine.Kernels;

/// <summary>
/// Memory that is needed next. A product fetches it into the second-level cache while it computes, a few bytes with every term of its sums: fetched at once,
/// it would keep the processor from reading the operands.
/// </summary>
/// <param name="first">Where it begins.</param>
/// <param name="step">Bytes from what is fetched with one term to what is fetched with the next.</param>
internal readonly unsafe struct Ahead(float* first, nint step)
{
    /// <summary>Where it begins.</summary>
    public readonly byte* First = (byte*)first;

    /// <summary>Bytes from what is fetched with one term to what is fetched with the next.</summary>
    public readonly nint Step = step;

    /// <summary>The part of a panel that follows which falls to some of the rows that this one meets, in proportion.</summary>
    /// <param name="panel">The panel: 16 floats for each of <paramref name="depth"/> terms.</param>
    /// <param name="depth">Terms of this panel and of the next.</param>
    /// <param name="row">The first of the rows.</param>
    /// <param name="rows">How many they are.</param>
    /// <param name="allRows">How many rows this panel meets.</param>
    public static Ahead Share(float* panel, int depth, int row, int rows, int allRows)
    {
        nint first = (nint)depth * row / allRows;
        nint last = (nint)depth * (row + rows) / allRows;
        return new Ahead(panel + first * MicroKernel.Columns, (last - first) * MicroKernel.Columns * sizeof(float) / depth);
    }

    /// <summary>Whether there is anything to fetch.</summary>
    public bool IsNone => Step == 0;
}

/// <summary>Whether a kernel fetches ahead, as a type, so that its loop has nothing of it where there is nothing to fetch.</summary>
internal interface IFetching
{
    /// <summary>Whether it does.</summary>
    static abstract bool Fetches { get; }
}

/// <summary>It fetches.</summary>
internal readonly struct Fetching : IFetching
{
    /// <inheritdoc/>
    public static bool Fetches => true;
}

/// <summary>It does not.</summary>
internal readonly struct NotFetching : IFetching
{
    /// <inheritdoc/>
    public static bool Fetches => false;
}
