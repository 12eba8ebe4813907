using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Engine.Memory;
using Fovea.Formats;

namespace Fovea.Checkpoints;

/// <summary>Staging memory: holds values that tensors map while a plan is compiled and that are not needed afterwards.</summary>
internal sealed class StagingMemory : IDisposable
{
    private const int BlockFloats = 4 << 20;
    private const int Alignment = 16;
    private readonly List<AlignedMemory> _blocks = [];
    private int _free;
    private int _used;

    /// <summary>Rents memory until this is disposed of. The 64 bytes that follow it are readable.</summary>
    /// <param name="count">Number of values that it holds.</param>
    public unsafe Memory<float> Take(int count)
    {
        if (_free < count)
        {
            // A block is touched from its beginning on, so that what nobody takes costs nothing.
            _free = Math.Max(count, BlockFloats);
            _used = 0;
            _blocks.Add(new AlignedMemory((long)_free * sizeof(float), hugePages: true));
        }

        Span<float> values = _blocks[^1].Floats(_used, count);
        int taken = Math.Min(_free, (count + Alignment - 1) / Alignment * Alignment);
        (_used, _free) = (_used + taken, _free - taken);
        return new NativeFloats((float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(values)), count).Memory;
    }

    /// <summary>Frees the memory.</summary>
    public void Dispose() => _blocks.ForEach(block => block.Dispose());
}
