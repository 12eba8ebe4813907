using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace Fovea.Cli;

/// <summary>Numbers and choices as people write them in options; what does not fit is an error that names what would.</summary>
internal static class OptionValues
{
    /// <summary>Makes an option read its value the same way in every language of the system, with errors for people.</summary>
    /// <typeparam name="T">Type of the value; texts, truth values and lists stay the parser's.</typeparam>
    /// <param name="option">The option.</param>
    public static Option<T> Readable<T>(this Option<T> option)
    {
        Type type = Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T);
        Func<string, string, object>? read = type.IsEnum ? (_, text) => Choice(type, text) : type switch
        {
            _ when type == typeof(int) => (_, text) => Whole<int>(text),
            _ when type == typeof(ulong) => (_, text) => Whole<ulong>(text),
            _ when type == typeof(float) => (name, text) => Fraction<float>(name, text),
            _ when type == typeof(double) => (name, text) => Fraction<double>(name, text),
            _ => null,
        };
        if (read is not null)
        {
            option.CustomParser = result =>
            {
                string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
                try
                {
                    return (T)read(option.Name, text);
                }
                catch (UsageException error)
                {
                    result.AddError($"{option.Name} {text}: {error.Message}");
                    return default;
                }
            };
        }

        return option;
    }

    private static object Choice(Type type, string text)
    {
        string? name = Enum.GetNames(type).FirstOrDefault(one => one.Equals(text, StringComparison.OrdinalIgnoreCase));
        return name is not null ? Enum.Parse(type, name) : throw new UsageException(
            $"choose one of {string.Join(", ", Enum.GetNames(type).Select(one => one.ToLowerInvariant()))}.");
    }

    private static object Whole<T>(string text)
        where T : IBinaryInteger<T>, IMinMaxValue<T>
    {
        if (T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T? number))
        {
            return number;
        }

        string from = T.IsZero(T.MinValue) ? $"a whole number from 0 to {T.MaxValue}" : "a whole number";
        throw new UsageException($"give {from}.");
    }

    private static object Fraction<T>(string option, string text)
        where T : IFloatingPoint<T>
    {
        if (T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T? number))
        {
            return number;
        }

        // A comma is a decimal point in half of the world; read as a separator of thousands it would make 0,001 a one.
        string point = text.Replace(',', '.');
        throw new UsageException(T.TryParse(point, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? $"numbers have a decimal point, not a comma: {option} {point}."
            : "give a number such as 0.05 or 2e-3.");
    }
}
