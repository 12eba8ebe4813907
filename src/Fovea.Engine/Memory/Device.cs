namespace Fovea.Engine.Memory;

/// <summary>
/// A place that has memory: the host, or an accelerator. Variables lie behind it, so that plans of any executor find them.
/// </summary>
public abstract class Device
{
    /// <summary>The processor's own memory.</summary>
    public static Device Host { get; } = new HostDevice();

    /// <summary>Takes zeroed memory.</summary>
    /// <param name="bytes">The size.</param>
    /// <exception cref="OutOfMemoryException">There is not that much.</exception>
    public abstract DeviceMemory Allocate(long bytes);

    private sealed class HostDevice : Device
    {
        public override DeviceMemory Allocate(long bytes) => new PinnedMemory(bytes);
    }
}
