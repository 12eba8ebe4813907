using System.Runtime.InteropServices;
using Fovea.Engine.Compile.Cpu;
using Fovea.Engine.Compile.Memory;

namespace Fovea.Reference;

/// <summary>Runs the arithmetic that an operation from outside the engine brings along.</summary>
internal static class CustomOperations
{
    /// <summary>Computes all parts at once.</summary>
    /// <exception cref="InvalidOperationException">The operation has no parts.</exception>
    public static unsafe void Run(CustomOperation operation, NodeRun run)
    {
        int parts = operation.Parts(run.Node);
        if (parts < 1)
        {
            throw new InvalidOperationException($"{run.Node}: {nameof(CustomOperation.Parts)} gave {parts}; it must be at least 1.");
        }

        List<GCHandle> pins = [];
        try
        {
            Buffers buffers = new() { Node = run.Node, Reads = [.. run.Inputs.Select(Pin)], Writes = [.. run.Outputs.Select(Pin)] };
            operation.Compute(new OperationRun(buffers, parts, 0, parts));
        }
        finally
        {
            pins.ForEach(pin => pin.Free());
        }

        PlannedBuffer Pin(Array array)
        {
            GCHandle pin = GCHandle.Alloc(array, GCHandleType.Pinned);
            pins.Add(pin);
            return new PlannedBuffer(Buffer.ByteLength(array), Placement.External, run.Node.ToString()) { Pointer = (byte*)pin.AddrOfPinnedObject() };
        }
    }

    /// <summary>The arrays in the form in which an operation asks for them.</summary>
    private sealed class Buffers : Step
    {
        public override int Parts(int phase) => 0;

        public override void Run(int phase, int first, int last, int worker)
        {
        }
    }
}
