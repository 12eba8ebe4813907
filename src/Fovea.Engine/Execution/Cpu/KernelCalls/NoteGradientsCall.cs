using Fovea.Engine.Graph;

namespace Fovea.Engine.Execution.Cpu.KernelCalls;

/// <summary>Tells the caller that gradients stand in the gradient block, and that this run changes them no more.</summary>
/// <param name="variables">The variables whose gradients are final.</param>
/// <param name="listener">Told of each of them.</param>
internal sealed class NoteGradientsCall(IReadOnlyList<Variable> variables, Action<Variable> listener) : KernelCall([], [])
{
    /// <inheritdoc/>
    public override string Name => "tell of gradients";

    /// <inheritdoc/>
    public override int Parts(int phase) => 1;

    /// <inheritdoc/>
    public override void Run(int phase, int first, int last, int worker)
    {
        for (int i = 0; i < variables.Count; i++)
        {
            listener(variables[i]);
        }
    }
}
