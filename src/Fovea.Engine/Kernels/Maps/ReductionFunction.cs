namespace Fovea.Engine.Kernels;

/// <summary>The function by which a <see cref="ReductionKernel"/> joins elements.</summary>
internal enum ReductionFunction
{
    /// <summary>The sum.</summary>
    Sum,

    /// <summary>The mean.</summary>
    Mean,

    /// <summary>The largest; NaN where one is NaN.</summary>
    Max,
}
