using System.Runtime.InteropServices;
using System.Text;

namespace Fovea.Collectives;

/// <summary>Communication made of the members of <see cref="ICollective"/>.</summary>
internal static class CollectiveExtensions
{
    private const int Piece = 1 << 28;

    /// <summary>Copies one rank's numbers to all others, however many there are.</summary>
    /// <param name="collective">The ranks.</param>
    /// <param name="values">The numbers on <paramref name="root"/>; on other ranks the place that takes them.</param>
    /// <param name="root">Rank that has the numbers.</param>
    public static void Broadcast(this ICollective collective, Span<float> values, int root = 0)
    {
        // A span of bytes holds fewer than 2³¹.
        while (!values.IsEmpty)
        {
            Span<float> piece = values[..Math.Min(Piece, values.Length)];
            collective.Broadcast(MemoryMarshal.AsBytes(piece), root);
            values = values[piece.Length..];
        }
    }

    /// <summary>Copies one rank's bytes, as many as there are, to all others.</summary>
    /// <param name="collective">The ranks.</param>
    /// <param name="bytes">The bytes on <paramref name="root"/>; not read on other ranks.</param>
    /// <param name="root">Rank that has the bytes.</param>
    public static byte[] Share(this ICollective collective, byte[] bytes, int root = 0)
    {
        Span<int> length = [bytes.Length];
        collective.Broadcast(MemoryMarshal.AsBytes(length), root);
        byte[] shared = collective.Rank == root ? bytes : new byte[length[0]];
        collective.Broadcast(shared, root);
        return shared;
    }

    /// <summary>Copies one rank's text to all others.</summary>
    /// <param name="collective">The ranks.</param>
    /// <param name="text">The text on <paramref name="root"/>; not read on other ranks.</param>
    /// <param name="root">Rank that has the text.</param>
    public static string Share(this ICollective collective, string text, int root = 0) =>
        Encoding.UTF8.GetString(collective.Share(collective.Rank == root ? Encoding.UTF8.GetBytes(text) : [], root));

    /// <summary>The values of all ranks, those of the first rank first.</summary>
    /// <param name="collective">The ranks.</param>
    /// <param name="values">This rank's values.</param>
    public static IReadOnlyList<T> Gather<T>(this ICollective collective, ReadOnlySpan<T> values)
        where T : unmanaged =>
        [.. collective.Gather(MemoryMarshal.AsBytes(values).ToArray()).SelectMany(bytes => MemoryMarshal.Cast<byte, T>(bytes).ToArray())];

    /// <summary>The bytes of every rank, in the order of the ranks.</summary>
    /// <param name="collective">The ranks.</param>
    /// <param name="bytes">This rank's bytes.</param>
    public static IReadOnlyList<byte[]> Gather(this ICollective collective, byte[] bytes) =>
        [.. Enumerable.Range(0, collective.Size).Select(root => collective.Share(bytes, root))];
}
