namespace Fovea.Training;

/// <summary>
/// Blocks of a network, told from its checkpoint keys: the innermost numbered lists, such as <c>layer1.0</c>, <c>layer1.1</c>, whose
/// members are built alike of several modules. Members of a sequence, such as <c>downsample.0</c> and <c>downsample.1</c>, are single
/// layers or differ from each other, and are no blocks.
/// </summary>
internal static class BlockOrder
{
    /// <summary>Finds the blocks.</summary>
    /// <param name="keys">Checkpoint keys of the network's tensors.</param>
    /// <returns>Key of the block that a tensor belongs to; null where it belongs to none.</returns>
    public static Func<string, string?> BlocksOf(IReadOnlyList<string> keys)
    {
        // The members of each list, and the keys inside of each member.
        Dictionary<string, Dictionary<string, HashSet<string>>> lists = [];
        foreach (string key in keys)
        {
            foreach ((string list, string member) in NumbersIn(key))
            {
                lists.TryAdd(list, []);
                lists[list].TryAdd(member, []);
                lists[list][member].Add(key[(member.Length + 1)..]);
            }
        }

        HashSet<string> blocks =
        [
            .. lists.Values.Where(members => AreBlocks([.. members.Values])).SelectMany(members => members.Keys),
        ];
        return key => NumbersIn(key).Select(number => number.Member).LastOrDefault(blocks.Contains);
    }

    /// <summary>Prefixes of a key that end with a number, the shortest first, with what stands in front of the number.</summary>
    private static IEnumerable<(string List, string Member)> NumbersIn(string key)
    {
        int start = 0;
        for (int dot = key.IndexOf('.', StringComparison.Ordinal); dot > 0; dot = key.IndexOf('.', start))
        {
            if (key.AsSpan(start, dot - start).IndexOfAnyExceptInRange('0', '9') < 0)
            {
                yield return (key[..start], key[..dot]);
            }

            start = dot + 1;
        }
    }

    /// <summary>True where each member holds several modules, and any two have at least half of their keys in common.</summary>
    private static bool AreBlocks(IReadOnlyList<HashSet<string>> members) =>
        members.All(member => member.Where(key => key.Contains('.', StringComparison.Ordinal)).Select(FirstModule).Distinct().Count() > 1)
        && members.All(member => 2 * member.Count(members[0].Contains) >= Math.Max(member.Count, members[0].Count));

    private static string FirstModule(string key) => key[..key.IndexOf('.', StringComparison.Ordinal)];
}
