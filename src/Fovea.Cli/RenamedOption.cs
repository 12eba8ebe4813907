using System.CommandLine;

namespace Fovea.Cli;

/// <summary>Option that had another name in an earlier version, which is still understood but not shown.</summary>
/// <typeparam name="T">Type of its value.</typeparam>
/// <param name="name">Name of today.</param>
/// <param name="formerName">Earlier name.</param>
internal sealed class RenamedOption<T>(string name, string formerName) : Option<T>(name), IRenamedOption
{
    /// <summary>Hidden option of the earlier name.</summary>
    public Option<T> Former { get; } = new(formerName) { Hidden = true, Description = $"Earlier name of {name}." };

    Option IRenamedOption.Former => Former;
}

/// <summary>Option that had another name, whatever its type.</summary>
internal interface IRenamedOption
{
    /// <summary>Hidden option of the earlier name.</summary>
    Option Former { get; }
}
