using Fovea.Engine.Graph;

namespace Fovea.Engine.Optimization;

/// <summary>
/// The memory of an optimiser: one number of every trained value that it keeps between steps, laid out like the gradients, so that a
/// checkpoint can hold it.
/// </summary>
public sealed class OptimizerState : ParameterBlock
{
    internal OptimizerState(IReadOnlyList<Variable> variables)
        : base(variables)
    {
    }
}
