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
    /// <summary>True if it needs so few registers that a kernel can apply it while all of them hold sums.</summary>
    static abstract bool IsLight { get; }

    /// <summary>Applies the activation to eight values.</summary>
    static abstract Vector256<float> Apply(Vector256<float> x);

    /// <summary>
    /// The part of the activation that does not fit beside others in registers, for four vectors at once, as its steps wait for each other:
    /// what <see cref="Complete"/> needs of each beside its values.
    /// </summary>
    static virtual void Prepare(ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d)
    {
    }

    /// <summary>The activation of eight values, given what <see cref="Prepare"/> made of them.</summary>
    static abstract Vector256<float> Complete(Vector256<float> x, Vector256<float> prepared);
}

/// <summary><see cref="ActivationKind.None"/>.</summary>
internal readonly struct Identity : IActivation
{
    /// <inheritdoc/>
    public static bool IsLight => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => x;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Complete(Vector256<float> x, Vector256<float> prepared) => Apply(x);
}

/// <summary><see cref="ActivationKind.Gelu"/>.</summary>
internal readonly struct Gelu : IActivation
{
    /// <inheritdoc/>
    public static bool IsLight => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => VectorMath.Gelu(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prepare(ref Vector256<float> a, ref Vector256<float> b, ref Vector256<float> c, ref Vector256<float> d) =>
        NormalDistribution.CdfMinusHalfOverX(ref a, ref b, ref c, ref d);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Complete(Vector256<float> x, Vector256<float> prepared) => VectorMath.Gelu(x, prepared);
}

/// <summary><see cref="ActivationKind.Relu"/>.</summary>
internal readonly struct Relu : IActivation
{
    /// <inheritdoc/>
    public static bool IsLight => true;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => VectorMath.Relu(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Complete(Vector256<float> x, Vector256<float> prepared) => Apply(x);
}

/// <summary><see cref="ActivationKind.Silu"/>.</summary>
internal readonly struct Silu : IActivation
{
    /// <inheritdoc/>
    public static bool IsLight => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => VectorMath.Silu(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Complete(Vector256<float> x, Vector256<float> prepared) => Apply(x);
}

/// <summary><see cref="ActivationKind.Sigmoid"/>.</summary>
internal readonly struct Sigmoid : IActivation
{
    /// <inheritdoc/>
    public static bool IsLight => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> x) => VectorMath.Sigmoid(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Complete(Vector256<float> x, Vector256<float> prepared) => Apply(x);
}
