using Fovea.Engine.Compile.Buffers;

namespace Fovea.Engine.Execution.Cpu;

/// <summary>A planned buffer with its address.</summary>
/// <param name="bytes">The size.</param>
/// <param name="placement">The region.</param>
/// <param name="name">The name in errors and tables.</param>
internal sealed unsafe class CpuBuffer(long bytes, Placement placement, string name) : PlannedBuffer(bytes, placement, name)
{
    private byte* _pointer;

    /// <summary>The address of the first byte.</summary>
    public byte* Pointer
    {
        get => ((CpuBuffer)Root)._pointer;
        set => ((CpuBuffer)Root)._pointer = value;
    }

    /// <summary>The address of the first float.</summary>
    public float* Floats => (float*)Pointer;

    /// <summary>The address of the first integer.</summary>
    public int* Integers => (int*)Pointer;
}
