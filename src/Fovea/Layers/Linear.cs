namespace Fovea.Layers;

/// <summary>Linear layer: (…, in) to (…, out), x·Wᵀ + b. Checkpoint keys <c>weight</c> (out, in) and <c>bias</c> (out).</summary>
public sealed class Linear : Module
{
    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    /// <summary>Makes a layer.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="bias">True if a bias is added.</param>
    /// <param name="initializer">Initializer of the weights; truncated normal of 0.02, and biases 0, where null.</param>
    public Linear(int inputs, int outputs, bool bias = true, Initializer? initializer = null)
    {
        initializer ??= Initializer.TruncatedNormal(0.02);
        _weight = Add("weight", new Parameter([outputs, inputs], initializer));
        _bias = bias ? Add("bias", new Parameter([outputs], initializer.ForBias(inputs))) : null;
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = x.MatMul(x.Graph.Read(_weight), transposeRight: true);
        return _bias is null ? y : y + x.Graph.Read(_bias);
    }
}
