using Fovea.Engine;

namespace Fovea.Layers;

/// <summary>Initializer of fresh tensors.</summary>
public abstract record Initializer
{
    /// <summary>Zero throughout.</summary>
    public static Initializer Zeros { get; } = new Fill(0);

    /// <summary>One throughout.</summary>
    public static Initializer Ones { get; } = new Fill(1);

    /// <summary>One number throughout.</summary>
    public static Initializer Constant(float number) => new Fill(number);

    /// <summary>A uniform distribution over ±<paramref name="bound"/>.</summary>
    public static Initializer Uniform(double bound) => new UniformFill(bound);

    /// <summary>
    /// A uniform distribution over ±1/√(inputs of an output), for weights and biases alike: what PyTorch's layers begin with.
    /// </summary>
    public static Initializer FanInUniform { get; } = new FanIn();

    /// <summary>A normal distribution of mean 0.</summary>
    public static Initializer Normal(double standardDeviation) => new NormalFill(standardDeviation, double.PositiveInfinity);

    /// <summary>A normal distribution of mean 0, drawn again beyond ±2 (absolute, as the networks' own code has it).</summary>
    public static Initializer TruncatedNormal(double standardDeviation) => new NormalFill(standardDeviation, 2);

    /// <summary>
    /// Kaiming normal for ReLU-like activations over the outputs (arXiv 1502.01852): standard deviation √(2 / (out·kernel height·kernel
    /// width)).
    /// </summary>
    public static Initializer KaimingNormalFanOut { get; } = new KaimingFanOut();

    /// <summary>
    /// Kaiming uniform with gain 1 over the inputs (arXiv 1502.01852 without an activation): ±√(3 / (in·kernel height·kernel width)).
    /// </summary>
    public static Initializer KaimingUniform { get; } = new KaimingFanIn();

    /// <summary>
    /// Xavier uniform (Glorot and Bengio, 2010): ±√(6 / (inputs + outputs)), each times kernel height·kernel width.
    /// </summary>
    public static Initializer XavierUniform { get; } = new Xavier();

    /// <summary>Initializer of the bias beside weights of this one: zeros, but for <see cref="FanInUniform"/>.</summary>
    /// <param name="fanIn">Inputs of one output.</param>
    public virtual Initializer ForBias(long fanIn) => Zeros;

    /// <summary>Fills a tensor.</summary>
    /// <param name="values">The tensor.</param>
    /// <param name="checkpointShape">Its shape in checkpoints: (out, in, height, width) for weights.</param>
    /// <param name="random">The random numbers that belong to the tensor.</param>
    public abstract void Apply(Span<float> values, Shape checkpointShape, KeyedRandom random);

    private sealed record Fill(float Number) : Initializer
    {
        public override void Apply(Span<float> values, Shape checkpointShape, KeyedRandom random) => values.Fill(Number);
    }

    private sealed record UniformFill(double Bound) : Initializer
    {
        public override void Apply(Span<float> values, Shape checkpointShape, KeyedRandom random)
        {
            foreach (ref float value in values)
            {
                value = (float)random.NextDouble(-Bound, Bound);
            }
        }
    }

    private sealed record FanIn : Initializer
    {
        public override Initializer ForBias(long fanIn) => Uniform(1 / Math.Sqrt(fanIn));

        public override void Apply(Span<float> values, Shape checkpointShape, KeyedRandom random) =>
            Uniform(1 / Math.Sqrt((double)checkpointShape.Elements / checkpointShape[0])).Apply(values, checkpointShape, random);
    }

    private sealed record NormalFill(double StandardDeviation, double Limit) : Initializer
    {
        public override void Apply(Span<float> values, Shape checkpointShape, KeyedRandom random)
        {
            foreach (ref float value in values)
            {
                double drawn;
                do
                {
                    drawn = random.NextNormal() * StandardDeviation;
                }
                while (Math.Abs(drawn) > Limit);
                value = (float)drawn;
            }
        }
    }

    private sealed record KaimingFanIn : Initializer
    {
        public override void Apply(Span<float> values, Shape checkpointShape, KeyedRandom random)
        {
            long fanIn = checkpointShape.Elements / checkpointShape[0];
            Uniform(Math.Sqrt(3.0 / fanIn)).Apply(values, checkpointShape, random);
        }
    }

    private sealed record Xavier : Initializer
    {
        public override void Apply(Span<float> values, Shape checkpointShape, KeyedRandom random)
        {
            long fans = (checkpointShape.Elements / checkpointShape[0]) + (checkpointShape.Elements / checkpointShape[1]);
            Uniform(Math.Sqrt(6.0 / fans)).Apply(values, checkpointShape, random);
        }
    }

    private sealed record KaimingFanOut : Initializer
    {
        public override void Apply(Span<float> values, Shape checkpointShape, KeyedRandom random)
        {
            long fanOut = checkpointShape.Elements / checkpointShape[1];
            Normal(Math.Sqrt(2.0 / fanOut)).Apply(values, checkpointShape, random);
        }
    }
}
