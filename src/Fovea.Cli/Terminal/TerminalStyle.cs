namespace Fovea.Cli.Terminal;

/// <summary>Abilities of the terminal, or file, that text goes to.</summary>
/// <param name="Interactive">True if a person watches: a line may be redrawn in place.</param>
/// <param name="Unicode">True if characters beyond ASCII can be shown.</param>
/// <param name="Width">The characters of a line.</param>
internal sealed record TerminalStyle(bool Interactive, bool Unicode, int Width)
{
    private const int WidthOfFiles = 100;

    // The order in which the C library looks for the character set.
    private static readonly string[] _localeVariables = ["LC_ALL", "LC_CTYPE", "LANG"];

    /// <summary>The style of text that goes to a file or a test.</summary>
    public static TerminalStyle Plain { get; } = new(Interactive: false, Unicode: false, WidthOfFiles);

    /// <summary>The style of standard output.</summary>
    public static TerminalStyle OfOutput() => Detect(Console.IsOutputRedirected);

    /// <summary>The style of standard error.</summary>
    public static TerminalStyle OfError() => Detect(Console.IsErrorRedirected);

    private static TerminalStyle Detect(bool redirected)
    {
        bool interactive = !redirected && Environment.GetEnvironmentVariable("TERM") != "dumb";
        return new TerminalStyle(interactive, CanShowUnicode(), interactive ? WindowWidth() : WidthOfFiles);
    }

    private static bool CanShowUnicode()
    {
        if (OperatingSystem.IsWindows())
        {
            return Console.OutputEncoding.CodePage == 65001;
        }

        string? locale = _localeVariables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => !string.IsNullOrEmpty(value));
        return locale is not null && locale.Replace("-", "", StringComparison.Ordinal).Contains("UTF8", StringComparison.OrdinalIgnoreCase);
    }

    private static int WindowWidth()
    {
        try
        {
            return Console.WindowWidth > 0 ? Console.WindowWidth : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
