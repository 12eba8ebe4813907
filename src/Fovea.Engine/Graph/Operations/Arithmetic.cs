namespace Fovea.Engine.Graph.Operations;

/// <summary>
/// Arithmetic, comparisons and choices as methods on values; comparisons give 1 where they hold and 0 elsewhere, and have no gradient.
/// </summary>
public static partial class ValueExtensions
{
    /// <summary>Magnitude |x|; its gradient at 0 is 0.</summary>
    public static Value Abs(this Value x) => x.Graph.Apply(new Unary(UnaryKind.Abs), x);

    /// <summary>Sign of x: −1, 0 or 1.</summary>
    public static Value Sign(this Value x) => (x > 0) - (x < 0);

    /// <summary>Square x².</summary>
    public static Value Square(this Value x) => x * x;

    /// <summary>Power x^exponent. A negative x to an exponent that is not an integer is not a number.</summary>
    public static Value Pow(this Value x, float exponent) => exponent switch
    {
        0 => x.Graph.Filled(x.Shape, 1),
        1 => x,
        2 => x * x,
        0.5f => x.Sqrt(),
        -0.5f => x.ReciprocalSqrt(),
        -1 => 1 / x,
        _ => x.Graph.Apply(new Power(exponent), x),
    };

    /// <summary>Larger of each element and a number.</summary>
    public static Value Maximum(this Value x, float number) => x.Maximum(x.Graph.Scalar(number));

    /// <summary>Smaller of each element and a number.</summary>
    public static Value Minimum(this Value x, float number) => x.Minimum(x.Graph.Scalar(number));

    /// <summary>Elements limited to a range: min below it, max above it, where the gradient is 0.</summary>
    /// <exception cref="ArgumentException">The range is empty.</exception>
    public static Value Clamp(this Value x, float min, float max)
    {
        if (!(min <= max))
        {
            throw new ArgumentException($"A range from {min} to {max} is empty: the first number is the smaller one.", nameof(max));
        }

        return x.Maximum(min).Minimum(max);
    }

    /// <summary>Comparison a &gt; b, broadcasting.</summary>
    public static Value Greater(this Value a, Value b) => Apply(BinaryKind.Greater, a, b);

    /// <summary>Comparison a &gt; b with a number.</summary>
    public static Value Greater(this Value a, float b) => a.Greater(a.Graph.Scalar(b));

    /// <summary>Comparison a ≥ b, broadcasting.</summary>
    public static Value GreaterOrEqual(this Value a, Value b) => Apply(BinaryKind.GreaterOrEqual, a, b);

    /// <summary>Comparison a ≥ b with a number.</summary>
    public static Value GreaterOrEqual(this Value a, float b) => a.GreaterOrEqual(a.Graph.Scalar(b));

    /// <summary>Comparison a &lt; b, broadcasting.</summary>
    public static Value Less(this Value a, Value b) => Apply(BinaryKind.Greater, b, a);

    /// <summary>Comparison a &lt; b with a number.</summary>
    public static Value Less(this Value a, float b) => a.Less(a.Graph.Scalar(b));

    /// <summary>Comparison a ≤ b, broadcasting.</summary>
    public static Value LessOrEqual(this Value a, Value b) => Apply(BinaryKind.GreaterOrEqual, b, a);

    /// <summary>Comparison a ≤ b with a number.</summary>
    public static Value LessOrEqual(this Value a, float b) => a.LessOrEqual(a.Graph.Scalar(b));

    /// <summary>Comparison a = b, broadcasting.</summary>
    public static Value Equal(this Value a, Value b) => Apply(BinaryKind.Equal, a, b);

    /// <summary>Comparison a = b with a number.</summary>
    public static Value Equal(this Value a, float b) => a.Equal(a.Graph.Scalar(b));

    /// <summary>Choice of a where the condition is not 0 and of b elsewhere, broadcasting.</summary>
    public static Value Where(this Value condition, Value a, Value b) => condition.Graph.Apply(new Where(), condition, a, b);

    /// <summary>Choice of a where the condition is not 0 and of a number elsewhere.</summary>
    public static Value Where(this Value condition, Value a, float b) => condition.Where(a, condition.Graph.Scalar(b));

    /// <summary>Choice of a number where the condition is not 0 and of b elsewhere.</summary>
    public static Value Where(this Value condition, float a, Value b) => condition.Where(condition.Graph.Scalar(a), b);

    private static Value Apply(BinaryKind kind, Value a, Value b) => a.Graph.Apply(new Binary(kind), a, b);
}
