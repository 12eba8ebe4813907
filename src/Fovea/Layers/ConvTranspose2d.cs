namespace Fovea.Layers;

/// <summary>
/// Transposed convolution with kernel and stride 2: maps (N, H, W, in) to (N, 2H, 2W, out), a square of four pixels from each one.
/// Checkpoint keys <c>weight</c> (in, out, 2, 2) and <c>bias</c> (out). Squares do not overlap, so it is a product and an arrangement.
/// </summary>
public sealed class ConvTranspose2d : Module
{
    private const int Side = 2;
    private const int Square = Side * Side;
    private readonly Parameter _weight;
    private readonly Parameter? _bias;
    private readonly int _outputs;

    /// <summary>Makes a layer.</summary>
    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="bias">True if a bias is added.</param>
    /// <param name="initializer">Initializer of the weights; Kaiming normal over the outputs, and biases 0, where null.</param>
    public ConvTranspose2d(int inputs, int outputs, bool bias = true, Initializer? initializer = null)
    {
        initializer ??= Initializer.KaimingNormalFanOut;
        _outputs = outputs;

        // Checkpoints have (in, out, 2, 2), which without channels in the middle is the product's right operand.
        _weight = Add("weight", new Parameter([inputs, Side, Side, outputs], initializer, TensorLayout.ChannelsLast));
        _bias = bias ? Add("bias", new Parameter([outputs], initializer.ForBias(Square * outputs))) : null;
    }

    /// <summary>
    /// Puts the four pixels of each square in their places: (N, H, 4W, C), row by row within a square, to (N, 2H, 2W, C).
    /// </summary>
    /// <param name="squares">Pixels as <see cref="Squares"/> gives them.</param>
    public static Value Arrange(Value squares)
    {
        (int batch, int height, int width, int channels) =
            (squares.Shape[0], squares.Shape[1], squares.Shape[2] / Square, squares.Shape[3]);
        return squares.Reshape([batch * height, width, Side, Side * channels])
            .Permute(0, 2, 1, 3)
            .Reshape([batch, Side * height, Side * width, channels]);
    }

    /// <summary>
    /// Computes the result with the four pixels of each square side by side: (N, H, W, in) to (N, H, 4W, out). What treats each pixel by
    /// itself, such as an activation or a 1×1 convolution, costs less here than behind <see cref="Arrange"/>.
    /// </summary>
    /// <param name="x">Map (N, H, W, in).</param>
    public Value Squares(Value x) => Compute(x, relu: false);

    /// <summary>Computes the four pixels of each square as <see cref="Squares"/>, with a ReLU that runs in the product.</summary>
    /// <param name="x">Map (N, H, W, in).</param>
    internal Value RectifiedSquares(Value x) => Compute(x, relu: true);

    /// <inheritdoc/>
    protected override Value Build(Value x) => Arrange(Squares(x));

    private Value Compute(Value x, bool relu)
    {
        using (Enter(x.Graph))
        {
            Value y = x.MatMul(x.Graph.Read(_weight).Reshape([_weight.Shape[0], Square * _outputs]));
            if (_bias is not null)
            {
                y += x.Graph.Read(_bias).Reshape([1, _outputs]).BroadcastTo([Square, _outputs]).Reshape([Square * _outputs]);
            }

            return (relu ? y.Relu() : y).Reshape([x.Shape[0], x.Shape[1], Square * x.Shape[2], _outputs]);
        }
    }
}
