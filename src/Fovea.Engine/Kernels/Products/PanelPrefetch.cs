namespace Fovea.Engine.Kernels;

/// <summary>
/// The share of the next panel that a micro-kernel prefetches into the second-level cache while it computes with this one: a few bytes with
/// every term of its sums. Fetched at once, it would keep the processor from reading the operands.
/// </summary>
/// <param name="first">The first float to prefetch.</param>
/// <param name="step">Bytes between the prefetches of two neighbouring terms.</param>
internal readonly unsafe struct PanelPrefetch(float* first, nint step)
{
    /// <summary>The first byte to prefetch.</summary>
    public readonly byte* First = (byte*)first;

    /// <summary>Bytes between the prefetches of two neighbouring terms.</summary>
    public readonly nint Step = step;

    /// <summary>Cuts the next panel in proportion to the rows that this one meets.</summary>
    /// <param name="panel">The next panel: 16 floats for each of <paramref name="depth"/> terms.</param>
    /// <param name="depth">Terms of this panel and of the next.</param>
    /// <param name="row">The first of the rows.</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="allRows">The number of all rows that this panel meets.</param>
    public static PanelPrefetch Share(float* panel, int depth, int row, int rows, int allRows)
    {
        nint first = (nint)depth * row / allRows;
        nint last = (nint)depth * (row + rows) / allRows;
        return new PanelPrefetch(panel + first * MicroKernel.Columns, (last - first) * MicroKernel.Columns * sizeof(float) / depth);
    }

    /// <summary>True where nothing is prefetched.</summary>
    public bool IsNone => Step == 0;
}

/// <summary>
/// Prefetch policy of a micro-kernel, as a type, so that its loop has no trace of prefetching where there is nothing to prefetch.
/// </summary>
internal interface IPrefetchPolicy
{
    /// <summary>True where the kernel issues prefetches.</summary>
    static abstract bool Prefetches { get; }
}

/// <summary>Prefetch policy that issues prefetches.</summary>
internal readonly struct PrefetchPanels : IPrefetchPolicy
{
    /// <inheritdoc/>
    public static bool Prefetches => true;
}

/// <summary>Prefetch policy that issues none.</summary>
internal readonly struct NoPrefetch : IPrefetchPolicy
{
    /// <inheritdoc/>
    public static bool Prefetches => false;
}
