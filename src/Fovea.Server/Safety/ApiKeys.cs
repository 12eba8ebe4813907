using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Fovea.Server;

/// <summary>
/// Keys that clients must have one of, in the header <c>Authorization: Bearer KEY</c> or <c>X-Api-Key: KEY</c>. Only their hashes are kept,
/// and every one is compared whatever the others said, so that time tells nothing.
/// </summary>
internal sealed class ApiKeys
{
    private const string Header = "X-Api-Key";
    private const string Scheme = "Bearer ";
    private const int LeastLength = 16;
    private readonly byte[][] _hashes;

    private ApiKeys(byte[][] hashes) => _hashes = hashes;

    /// <summary>Reads a file of keys, one a line; empty lines and those that begin with # are passed over.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException">It has no key, or one that is easily guessed.</exception>
    public static ApiKeys Read(string path)
    {
        string[] keys = [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')];
        if (keys.Length == 0 || keys.Any(key => key.Length < LeastLength))
        {
            throw new ArgumentException(
                keys.Length == 0
                    ? $"{path} has no key. Write one a line, such as 'openssl rand -hex 32' makes."
                    : $"{path} has a key of fewer than {LeastLength} letters. Take what 'openssl rand -hex 32' makes.");
        }

        return new ApiKeys([.. keys.Select(Hash)]);
    }

    /// <summary>True if a request has one of the keys.</summary>
    /// <param name="request">The request.</param>
    public bool Allow(HttpRequest request) => KeyOf(request) is string key && Has(key);

    /// <summary>Key that a request came with; null where it has none.</summary>
    /// <param name="request">The request.</param>
    public static string? KeyOf(HttpRequest request)
    {
        string authorization = request.Headers[HeaderNames.Authorization].ToString();
        return authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim()
            : request.Headers[Header].ToString() is { Length: > 0 } key ? key
            : null;
    }

    private bool Has(string key)
    {
        byte[] hash = Hash(key);
        bool found = false;
        foreach (byte[] known in _hashes)
        {
            found |= CryptographicOperations.FixedTimeEquals(known, hash);
        }

        return found;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
