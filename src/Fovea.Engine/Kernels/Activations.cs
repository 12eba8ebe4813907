using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>The activations that a kernel can apply to its results as it writes them.</summary>
internal enum ActivationKind
{
    /// <summary>The value itself.</summary>
    None,

    /// <summary>x·Φ(x), the exact (erf) form.</summary>
    Gelu,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>x·sigmoid(x).</summary>
    Silu,

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    Sigmoid,
}

/// <summary>An activation as a type, so that the JIT specialises a kernel for it.</summary>
internal interface IActivation
{
    /// <summary>Applies the activation to eight values.</summary>
    static abstract Vector256<float> Apply(Vector256<float> x);
}

/// <summary><see cref="ActivationKind.None"/>.</summary>
internal readonly struct Identity : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => x;
}

/// <summary><see cref="ActivationKind.Gelu"/>.</summary>
internal readonly struct Gelu : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => VectorMath.Gelu(x);
}

/// <summary><see cref="ActivationKind.Relu"/>.</summary>
internal readonly struct Relu : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => VectorMath.Relu(x);
}

/// <summary><see cref="ActivationKind.Silu"/>.</summary>
internal readonly struct Silu : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => VectorMath.Silu(x);
}

/// <summary><see cref="ActivationKind.Sigmoid"/>.</summary>
internal readonly struct Sigmoid : IActivation
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => VectorMath.Sigmoid(x);
}
