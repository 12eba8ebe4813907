using System.Text;

namespace Fovea.Models.Keys;

/// <summary>
/// One way to write a part of a name. Both sides are beginnings of names, of whole words between dots; <c>*</c> stands for one word, the
/// same on both sides in the same order. What follows the beginning stays.
/// </summary>
/// <param name="Official">The beginning of an official name, such as <c>pools.0.</c>.</param>
/// <param name="Other">Beginning that another code writes for it.</param>
public sealed record KeyRule(string Official, string Other)
{
    private readonly string[] _official = Official.Split('*');
    private readonly string[] _other = Other.Split('*');

    /// <summary>The other name of an official one; null where the rule does not concern it.</summary>
    public string? Apply(string name)
    {
        if (!name.StartsWith(_official[0], StringComparison.Ordinal))
        {
            return null;
        }

        StringBuilder other = new(_other[0]);
        int position = _official[0].Length;
        for (int i = 1; i < _official.Length; i++)
        {
            int end = name.IndexOf('.', position);
            if (end < 0 || !name.AsSpan(end).StartsWith(_official[i]))
            {
                return null;
            }

            other.Append(name, position, end - position).Append(_other[i]);
            position = end + _official[i].Length;
        }

        return other.Append(name, position, name.Length - position).ToString();
    }
}

/// <summary>The names that one code gives to the tensors of a family, told from the official ones, which are our own.</summary>
/// <param name="Name">Short name by which callers choose the scheme.</param>
/// <param name="Description">Description of the code whose names they are.</param>
/// <param name="Models">Beginning of the names of its models.</param>
/// <param name="Rules">Rules for names that are written differently; of several that concern a name, the first counts.</param>
public sealed record KeyScheme(string Name, string Description, string Models, IReadOnlyList<KeyRule> Rules)
{
    /// <summary>Beginnings of the official names of tensors that the scheme's files do not hold.</summary>
    public IReadOnlyList<string> Absent { get; init; } = [];

    /// <summary>Task of the networks whose names they are; those of dense tasks include the backbone's.</summary>
    public VisionTask Task { get; init; }

    /// <summary>Options that the networks have whose files hold these names.</summary>
    public ModelOptions Options { get; init; } = new();

    /// <summary>The scheme's name of a tensor; null where its files do not hold it.</summary>
    /// <param name="official">The official name.</param>
    public string? NameOf(string official)
    {
        if (Absent.Any(beginning => official.StartsWith(beginning, StringComparison.Ordinal)))
        {
            return null;
        }

        foreach (KeyRule rule in Rules)
        {
            if (rule.Apply(official) is string other)
            {
                return other;
            }
        }

        return official;
    }
}
