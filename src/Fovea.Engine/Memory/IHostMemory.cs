namespace Fovea.Engine.Memory;

/// <summary>Memory that the processor reaches by address.</summary>
internal unsafe interface IHostMemory
{
    /// <summary>Address of the first value, at the beginning of a cache line.</summary>
    /// <exception cref="ObjectDisposedException">The memory was disposed of.</exception>
    float* FloatPointer { get; }
}
