namespace Fovea.Load;

/// <summary>Choices for a server that is measured.</summary>
/// <param name="Network">Registered name of its network.</param>
/// <param name="Images">Folder of the images that are sent; null for made ones.</param>
/// <param name="Program">The server's program; null for the one beside this.</param>
/// <param name="Arguments">Further configuration of the server.</param>
internal sealed record ServerOptions(string Network, string? Images, string? Program, IReadOnlyList<string> Arguments);
