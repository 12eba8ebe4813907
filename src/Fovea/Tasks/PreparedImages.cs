using System.Buffers;
using Fovea.Data;

namespace Fovea.Tasks;

/// <summary>Images prepared for a network, in memory that is rented until this is disposed of.</summary>
internal readonly struct PreparedImages : IDisposable
{
    private readonly float[] _memory;
    private readonly int _length;

    /// <summary>Prepares images.</summary>
    /// <param name="preprocessing">Preprocessing that turns images into the network's input.</param>
    /// <param name="images">The images.</param>
    /// <exception cref="UnusableDataException">An image does not fit the preprocessing.</exception>
    public PreparedImages(Preprocessing preprocessing, params ReadOnlySpan<Image> images)
    {
        _length = checked(images.Length * preprocessing.Length);
        _memory = ArrayPool<float>.Shared.Rent(_length);
        try
        {
            for (int i = 0; i < images.Length; i++)
            {
                preprocessing.Apply(images[i], _memory.AsSpan(i * preprocessing.Length, preprocessing.Length));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Prepared values (N, H, W, C).</summary>
    public ReadOnlySpan<float> Values => _memory.AsSpan(0, _length);

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => ArrayPool<float>.Shared.Return(_memory);
}
