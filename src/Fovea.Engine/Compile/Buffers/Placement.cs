namespace Fovea.Engine.Compile.Buffers;

/// <summary>The region that a planned buffer lies in.</summary>
internal enum Placement
{
    /// <summary>The arena of a plan: values during a run, which share memory over time.</summary>
    Arena,

    /// <summary>Memory that callers see: inputs and outputs, each with memory of its own.</summary>
    Boundary,

    /// <summary>Memory that stays: what the constant stage leaves for the runs.</summary>
    Persistent,

    /// <summary>Memory of the constant stage alone.</summary>
    ConstantStage,

    /// <summary>Memory that belongs to others: variables, gradients, scratch.</summary>
    External,
}
