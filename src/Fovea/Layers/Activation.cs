namespace Fovea.Layers;

/// <summary>Element-wise non-linearity.</summary>
public enum Activation
{
    /// <summary>max(x, 0).</summary>
    Relu,

    /// <summary>x·Φ(x), exact (arXiv 1606.08415).</summary>
    Gelu,

    /// <summary>x·sigmoid(x), also called swish (arXiv 1702.03118).</summary>
    Silu,
}

/// <summary>Activations as a method on values.</summary>
public static class ActivationExtensions
{
    /// <summary>Applies an activation to each element.</summary>
    public static Value Activate(this Value x, Activation activation) => activation switch
    {
        Activation.Relu => x.Relu(),
        Activation.Gelu => x.Gelu(),
        _ => x.Silu(),
    };
}
