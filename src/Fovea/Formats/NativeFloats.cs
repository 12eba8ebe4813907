using System.Buffers;

namespace Fovea.Formats;

/// <summary>Numbers outside the managed heap as memory, valid as long as its owner keeps them where they are.</summary>
/// <param name="start">The first of them.</param>
/// <param name="count">Number of elements.</param>
internal sealed unsafe class NativeFloats(float* start, int count) : MemoryManager<float>
{
    /// <inheritdoc/>
    public override Span<float> GetSpan() => new(start, count);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex, pinnable: this);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
