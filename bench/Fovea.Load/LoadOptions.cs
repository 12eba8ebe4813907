using System.Globalization;

namespace Fovea.Load;

/// <summary>Choices for a run of load.</summary>
/// <param name="Address">Address of a task of a model, on this machine.</param>
/// <param name="Images">Encoded images, sent in turn.</param>
/// <param name="Clients">Clients that wait for their answers; null for open load.</param>
/// <param name="Rate">Requests a second of open load.</param>
/// <param name="Seconds">Seconds of load.</param>
internal sealed record LoadOptions(Uri Address, IReadOnlyList<byte[]> Images, int? Clients, double Rate, double Seconds)
{
    private const double MaxSeconds = 600;

    public static LoadOptions Parse(string[] arguments)
    {
        string[] places = [.. arguments.TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal))];
        if (places.Length < 2 || !Uri.TryCreate(places[0], UriKind.Absolute, out Uri? address))
        {
            throw new ArgumentException("Give the address of a task of a model, and images.");
        }

        if (!address.IsLoopback)
        {
            throw new ArgumentException($"{address.Host} is another machine: load is for servers of this one.");
        }

        Dictionary<string, double> numbers = arguments.Skip(places.Length).Chunk(2).ToDictionary(
            pair => pair[0],
            pair => pair.Length == 2 && double.TryParse(pair[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                && number > 0
                ? number
                : throw new ArgumentException($"{pair[0]} lacks its number."));
        if (numbers.Keys.FirstOrDefault(name => name is not ("--clients" or "--rate" or "--seconds")) is string unknown)
        {
            throw new ArgumentException($"There is no option {unknown}.");
        }

        byte[][] images =
        [
            .. places.Skip(1)
                .SelectMany(FilesOf)
                .Select(File.ReadAllBytes),
        ];
        bool open = numbers.TryGetValue("--rate", out double rate);
        double seconds = Math.Min(numbers.GetValueOrDefault("--seconds", 10), MaxSeconds);
        return images.Length > 0
            ? new LoadOptions(address, images, open ? null : (int)numbers.GetValueOrDefault("--clients", 16), rate, seconds)
            : throw new ArgumentException("There are no images.");
    }

    private static IEnumerable<string> FilesOf(string place) =>
        Directory.Exists(place) ? Directory.EnumerateFiles(place).Order(StringComparer.Ordinal) : [place];
}
