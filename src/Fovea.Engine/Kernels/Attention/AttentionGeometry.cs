namespace Fovea.Engine.Kernels;

/// <summary>
/// Sizes of multi-head attention on the token layout: query [B, N, H·D], key [B, M, H·D], value [B, M, H·Dv], output [B, N, H·Dv];
/// head h is the slice of channels that starts at h·D (or h·Dv).
/// </summary>
/// <param name="Batch">Images (or windows), B.</param>
/// <param name="Heads">Heads, H.</param>
/// <param name="Queries">Query tokens, N.</param>
/// <param name="Keys">Key and value tokens, M.</param>
/// <param name="Width">Channels of one head's queries and keys, D.</param>
/// <param name="ValueWidth">Channels of one head's values, Dv.</param>
/// <param name="Scale">Factor on query · key; the bias is added after it.</param>
internal readonly record struct AttentionGeometry(
    int Batch, int Heads, int Queries, int Keys, int Width, int ValueWidth, float Scale)
{
    /// <summary>
    /// Queries whose scores against all keys stand in cache together; the last ones of a head may be up to eight more, rather than a strip
    /// of their own.
    /// </summary>
    public const int StripQueries = 48;

    /// <summary>Lanes of the widest strip.</summary>
    public const int MaxLanes = StripQueries + 8;

    private const int MaxKeysInChunk = 96;

    private const int MaxFloatsFetched = 1 << 15;

    /// <summary>Strips that the queries of a head are split into.</summary>
    public int Strips => Math.Max(Queries - 8 + StripQueries - 1, StripQueries) / StripQueries;

    /// <summary>Lanes of the widest strip of this geometry.</summary>
    public int StripLanes => Math.Max(Strip(0).Lanes, Strip(Strips - 1).Lanes);

    /// <summary>Floats of a panel of scores, keys × lanes, with room for whole squares of eight keys.</summary>
    public nint ScoreFloats => (nint)(Keys + 7 & ~7) * StripLanes;

    /// <summary>Floats of the longest row that a product begins with: a strip's scores, or a head's channels.</summary>
    public int WidestRow => Math.Max(MaxLanes, StridedMatMulKernel.Lanes(Math.Max(Width, ValueWidth)));

    /// <summary>
    /// Keys that are treated together while they are in the first cache: whole tiles of six, and chunks of much the same size.
    /// </summary>
    public int ChunkKeys
    {
        get
        {
            int chunks = (Keys + MaxKeysInChunk - 1) / MaxKeysInChunk;
            return ((Keys + chunks - 1) / chunks + 5) / 6 * 6;
        }
    }

    /// <summary>Floats of a key in memory of its own: whole vectors.</summary>
    public int KeyFloats => Width + 7 & ~7;

    /// <summary>Heads whose keys and values are fetched into the second cache together.</summary>
    public int HeadsFetched
    {
        get
        {
            int most = Math.Max(MaxFloatsFetched / (Keys * (Width + ValueWidth)), 1);
            int fetches = (Heads + most - 1) / most;
            return (Heads + fetches - 1) / fetches;
        }
    }

    /// <summary>First query, number of queries and number of lanes of a strip of a head.</summary>
    public (int First, int Count, int Lanes) Strip(int index)
    {
        int first = index * StripQueries;
        int count = index == Strips - 1 ? Queries - first : StripQueries;
        return (first, count, StridedMatMulKernel.Lanes(count));
    }
}

/// <summary>
/// Tokens [B, tokens, channels] that may be a slice of the channels of a wider matrix: rows stand <paramref name="stride"/> floats apart,
/// and the tokens of one image follow those of the one before.
/// </summary>
/// <param name="first">First channel of the first token.</param>
/// <param name="stride">Floats between consecutive tokens.</param>
internal readonly unsafe struct Tokens(float* first, nint stride)
{
    /// <summary>Floats between consecutive tokens.</summary>
    public readonly nint Stride = stride;

    private readonly float* _first = first;

    /// <summary>A channel of a token, counted over all images.</summary>
    public float* At(nint token, nint channel) => _first + token * Stride + channel;

    /// <summary>The channels from the given one on of a token and those after it.</summary>
    public StridedRows Rows(nint token, nint channel) => new(At(token, channel), Stride);
}
