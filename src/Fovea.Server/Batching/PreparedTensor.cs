using System.Buffers;
using Fovea.Data;

namespace Fovea.Server;

/// <summary>A network's input for one image (H, W, C), in rented memory until it is disposed of, which one owner does once.</summary>
internal sealed class PreparedTensor : IDisposable
{
    private readonly int _length;
    private float[]? _memory;

    /// <summary>Rents memory.</summary>
    /// <param name="length">Number of floats.</param>
    public PreparedTensor(int length) => (_length, _memory) = (length, ArrayPool<float>.Shared.Rent(length));

    /// <summary>The values.</summary>
    public Span<float> Values => _memory.AsSpan(0, _length);

    /// <summary>Prepares an image.</summary>
    /// <param name="preprocessing">Preprocessing of the model.</param>
    /// <param name="image">The image.</param>
    /// <exception cref="UnusableDataException">The image does not fit the preprocessing.</exception>
    public static PreparedTensor Of(Preprocessing preprocessing, Image image)
    {
        PreparedTensor prepared = new(preprocessing.Length);
        try
        {
            preprocessing.Apply(image, prepared.Values);
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _memory, null) is float[] memory)
        {
            ArrayPool<float>.Shared.Return(memory);
        }
    }
}
