namespace Fovea.Cli;

/// <summary>Rule for a data set whose classes are not those of the checkpoint.</summary>
internal enum ClassChoice
{
    /// <summary>The set must have the same classes, in any order.</summary>
    Same,

    /// <summary>Only the classes that both have count.</summary>
    Common,
}
