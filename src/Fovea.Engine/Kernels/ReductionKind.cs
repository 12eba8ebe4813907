namespace Fovea.Engine.Kernels;

/// <summary>How a <see cref="ReductionKernel"/> joins elements.</summary>
internal enum ReductionKind
{
    /// <summary>The sum.</summary>
    Sum,

    /// <summary>The mean.</summary>
    Mean,

    /// <summary>The largest; NaN where one is NaN.</summary>
    Max,
}
