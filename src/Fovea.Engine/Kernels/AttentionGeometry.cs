namespace Fovea.Engine.Kernels;

/// <summary>
/// Sizes of multi-head attention on the token layout: query [B, N, H·D], key [B, M, H·D], value [B, M, H·Dv], output [B, N, H·Dv];
/// head h is the slice of channels that starts at h·D (or h·Dv).
/// </summary>
/// <param name="Batch">Pictures (or windows), B.</param>
/// <param name="Heads">Heads, H.</param>
/// <param name="Queries">Query tokens, N.</param>
/// <param name="Keys">Key and value tokens, M.</param>
/// <param name="Width">Channels of one head's queries and keys, D.</param>
/// <param name="ValueWidth">Channels of one head's values, Dv.</param>
/// <param name="Scale">Factor on query · key; the bias is added after it.</param>
internal readonly record struct AttentionGeometry(
    int Batch, int Heads, int Queries, int Keys, int Width, int ValueWidth, float Scale)
{
    /// <summary>Rows of queries whose scores against all keys stand in cache together.</summary>
    public const int TileRows = 24;

    /// <summary>Floats between rows of a tile's scores: the keys rounded up to whole panels.</summary>
    public int ScoreStride => RoundUp(Keys);

    /// <summary>D rounded up to whole panels.</summary>
    public int PaddedWidth => RoundUp(Width);

    /// <summary>Dv rounded up to whole panels.</summary>
    public int PaddedValueWidth => RoundUp(ValueWidth);

    private static int RoundUp(int count) => (count + MicroKernel.Columns - 1) / MicroKernel.Columns * MicroKernel.Columns;
}

/// <summary>
/// Tokens [B, tokens, channels] that may be a slice of the channels of a wider matrix: rows stand <paramref name="stride"/> floats apart, and the
/// tokens of one picture follow those of the one before.
/// </summary>
/// <param name="first">First channel of the first token.</param>
/// <param name="stride">Floats between consecutive tokens.</param>
internal readonly unsafe struct Tokens(float* first, nint stride)
{
    /// <summary>Floats between consecutive tokens.</summary>
    public readonly nint Stride = stride;

    private readonly float* _first = first;

    /// <summary>A channel of a token, counted over all pictures.</summary>
    public float* At(nint token, nint channel) => _first + token * Stride + channel;
}
