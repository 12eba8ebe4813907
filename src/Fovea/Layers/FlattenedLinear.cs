namespace Fovea.Layers;

/// <summary>
/// Linear layer on a whole map: (N, height, width, C) to (N, out). Checkpoint keys <c>weight</c> (out, C·height·width) and <c>bias</c>
/// (out): there a map is flattened channel by channel, and the columns are reordered where checkpoints are read and written.
/// </summary>
internal sealed class FlattenedLinear : Module
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;

    /// <summary>Makes a layer.</summary>
    /// <param name="height">Rows of the map.</param>
    /// <param name="width">Columns of the map.</param>
    /// <param name="channels">Channels of the map.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="initializer">Initializer of the weights.</param>
    public FlattenedLinear(int height, int width, int channels, int outputs, Initializer initializer)
    {
        _weight = Add("weight", new Parameter([outputs, height, width, channels], initializer, TensorLayout.Unfolded));
        _bias = Add("bias", new Parameter([outputs], initializer.ForBias((long)height * width * channels)));
    }

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        int outputs = _weight.Shape[0];
        int columns = (int)(_weight.Shape.Elements / outputs);
        Value weight = x.Graph.Read(_weight).Reshape([outputs, columns]);
        return x.Reshape([x.Shape[0], columns]).MatMul(weight, transposeRight: true) + x.Graph.Read(_bias);
    }
}
