using System.Text;

namespace Fovea.Load;

/// <summary>A request that nobody vouches for.</summary>
/// <param name="Number">Its number, from which it can be made again.</param>
/// <param name="Address">Path and query.</param>
/// <param name="Body">The body.</param>
/// <param name="Headers">Headers of the body.</param>
internal sealed record MutatedRequest(int Number, string Address, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The request as a client sends it.</summary>
    /// <param name="server">Address of the server.</param>
    public HttpRequestMessage ToMessage(Uri server)
    {
        ByteArrayContent content = new(Body);
        foreach ((string name, string value) in Headers)
        {
            content.Headers.TryAddWithoutValidation(name, value);
        }

        return new HttpRequestMessage(HttpMethod.Post, new Uri(server, Address)) { Content = content };
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Number}: {Address} {string.Join(' ', Headers)} {Encoding.Latin1.GetString(Body.AsSpan(0, Math.Min(Body.Length, 120)))}";
}
