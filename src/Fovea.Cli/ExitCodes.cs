namespace Fovea.Cli;

/// <summary>Exit codes of the command.</summary>
internal static class ExitCodes
{
    /// <summary>All went well.</summary>
    public const int Success = 0;

    /// <summary>The work failed: training diverged, a file could not be written.</summary>
    public const int Failure = 1;

    /// <summary>The command was called the wrong way.</summary>
    public const int WrongUsage = 2;

    /// <summary>A file or data set that was given is missing or broken.</summary>
    public const int BadInput = 3;

    /// <summary>The user stopped the command (as shells count it: 128 + SIGINT).</summary>
    public const int Interrupted = 130;
}
