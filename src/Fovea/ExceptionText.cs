using System.Text;

namespace Fovea;

/// <summary>The text of exceptions as part of messages for people.</summary>
internal static class ExceptionText
{
    private const int MaxQuote = 80;

    /// <summary>The message without the parameter's name that <see cref="ArgumentException"/> adds, and without a full stop.</summary>
    public static string Of(Exception error)
    {
        string message = error is ArgumentException { ParamName: string name }
            ? error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : error.Message;
        return message.TrimEnd('.');
    }

    /// <summary>Name from a file or a caller as it may stand in a message: short, on one line, in quotes.</summary>
    public static string Quote(string name)
    {
        StringBuilder quoted = new("'");
        foreach (char c in name.Length > MaxQuote ? name.AsSpan(0, MaxQuote) : name)
        {
            quoted.Append(char.IsControl(c) ? '?' : c);
        }

        return quoted.Append(name.Length > MaxQuote ? "…'" : "'").ToString();
    }
}
