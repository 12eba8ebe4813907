namespace Fovea;

/// <summary>The text of exceptions as part of messages for people.</summary>
internal static class ExceptionText
{
    /// <summary>The message without the parameter's name that <see cref="ArgumentException"/> adds, and without a full stop.</summary>
    public static string Of(Exception error)
    {
        string message = error is ArgumentException { ParamName: string name }
            ? error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : error.Message;
        return message.TrimEnd('.');
    }
}
