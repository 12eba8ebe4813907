namespace Fovea.Reference;

/// <summary>Runs the arithmetic that an operation from outside the engine brings along.</summary>
internal static class CustomOperations
{
    /// <summary>Computes all parts at once.</summary>
    /// <exception cref="InvalidOperationException">The operation has no parts.</exception>
    public static void Run(CustomOperation operation, NodeRun run)
    {
        int parts = operation.Parts(run.Node);
        if (parts < 1)
        {
            throw new InvalidOperationException($"{run.Node}: {nameof(CustomOperation.Parts)} gave {parts}; it must be at least 1.");
        }

        operation.Compute(new OperationRun(run.Node, new Memory(run), parts, 0, parts));
    }

    private sealed class Memory(NodeRun run) : IOperandMemory
    {
        public Span<T> Input<T>(int index)
            where T : unmanaged => (T[])run.Inputs[index];

        public Span<T> Output<T>(int index)
            where T : unmanaged => (T[])run.Outputs[index];
    }
}
