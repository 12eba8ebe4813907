namespace Fovea.Server;

/// <summary>Line that the program prints once it listens, where it was asked for JSON.</summary>
/// <param name="Urls">Addresses that it listens on.</param>
internal sealed record Started(IReadOnlyList<string> Urls);
