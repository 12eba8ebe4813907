namespace Fovea.Compare;

/// <summary>The most memory that fresh processes took for the same steps of training.</summary>
/// <param name="Model">The model.</param>
/// <param name="Batch">Images in a step.</param>
/// <param name="Height">Rows of the images in pixels.</param>
/// <param name="Width">Columns of the images in pixels.</param>
/// <param name="Threads">Threads of each side.</param>
/// <param name="Ours">Fovea's bytes.</param>
/// <param name="Theirs">The peer's bytes; null where it is missing.</param>
internal sealed record MemoryUse(string Model, int Batch, int Height, int Width, int Threads, long Ours, long? Theirs);

/// <summary>One kind of comparison, such as inference.</summary>
/// <param name="Date">The day of the last measurement.</param>
/// <param name="Machine">Where it was measured.</param>
/// <param name="Peer">The other runtime and its version; null where it was missing.</param>
/// <param name="Lines">What was measured.</param>
/// <param name="Memory">The memory that training took; null where it was not measured.</param>
/// <param name="Clock">What times were measured by.</param>
internal sealed record Section(
    DateOnly Date,
    Machine Machine,
    string? Peer,
    IReadOnlyList<Line> Lines,
    IReadOnlyList<MemoryUse>? Memory = null,
    Clock Clock = Clock.Wall)
{
    /// <summary>
    /// Puts this run's lines in the place of earlier ones, which stay where this run has none, if they come from an equal machine and peer.
    /// </summary>
    /// <param name="earlier">What was measured before.</param>
    public Section Over(Section? earlier)
    {
        if (earlier is null || earlier.Machine != Machine || earlier.Peer != Peer || (earlier.Clock != Clock && Lines.Count > 0))
        {
            return this;
        }

        OrderedDictionary<(string, int, int), Line> lines = new(earlier.Lines.Select(line => KeyValuePair.Create(Key(line), line)));
        foreach (Line line in Lines)
        {
            lines[Key(line)] = line;
        }

        OrderedDictionary<(string, int), MemoryUse> memory = [];
        foreach (MemoryUse use in (earlier.Memory ?? []).Concat(Memory ?? []))
        {
            memory[(use.Model, use.Batch)] = use;
        }

        Section times = Lines.Count == 0 ? earlier : this;
        return times with { Lines = [.. lines.Values], Memory = memory.Count == 0 ? null : [.. memory.Values] };
    }

    private static (string, int, int) Key(Line line) => (line.Model, line.Batch, line.Threads);
}
