using System.Runtime.Intrinsics;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed class VectorMathTests
{
    private static float Call(Func<Vector256<float>, Vector256<float>> function, float x)
    {
        Vector256<float> y = function(Vector256.Create(x));
        for (int lane = 1; lane < 8; lane++)
        {
            Assert.Equal(BitConverter.SingleToInt32Bits(y[0]), BitConverter.SingleToInt32Bits(y[lane]));
        }

        return y[0];
    }

    private static IEnumerable<float> Grid(float low, float high, int count = 40000)
    {
        for (int i = 0; i <= count; i++)
        {
            yield return low + (high - low) * i / count;
        }
    }

    [Fact]
    public void Exp_is_accurate_relatively_and_flushes_at_its_ends()
    {
        foreach (float x in Grid(-87.3f, 88.7f))
        {
            double want = Math.Exp(x);
            Assert.True(Math.Abs(Call(VectorMath.Exp, x) - want) <= 2e-7 * want, $"exp({x})");
        }

        Assert.Equal(0f, Call(VectorMath.Exp, float.NegativeInfinity));
        Assert.Equal(0f, Call(VectorMath.Exp, -200f));
        Assert.Equal(1f, Call(VectorMath.Exp, 0f));
        Assert.Equal(float.PositiveInfinity, Call(VectorMath.Exp, float.PositiveInfinity));
        Assert.Equal(float.PositiveInfinity, Call(VectorMath.Exp, 100f));
        Assert.Equal(Math.Exp(-95), Call(VectorMath.Exp, -95f), 1e-44);
    }

    [Fact]
    public void Log_is_accurate_relatively_from_the_smallest_to_the_largest_float()
    {
        foreach (float exponent in Grid(-126, 127))
        {
            float x = MathF.Pow(2, exponent);
            double want = Math.Log(x);
            Assert.True(Math.Abs(Call(VectorMath.Log, x) - want) <= 2e-7 * Math.Abs(want) + 1e-12, $"log({x})");
        }

        foreach (float x in Grid(0.9f, 1.1f))
        {
            double want = Math.Log(x);
            Assert.True(Math.Abs(Call(VectorMath.Log, x) - want) <= 2.5e-7 * Math.Abs(want), $"log({x})");
        }

        Assert.Equal(float.NegativeInfinity, Call(VectorMath.Log, 0f));
        Assert.Equal(float.PositiveInfinity, Call(VectorMath.Log, float.PositiveInfinity));
        Assert.True(float.IsNaN(Call(VectorMath.Log, -1f)));
        Assert.Equal(Math.Log(float.Epsilon), Call(VectorMath.Log, float.Epsilon), 1e-4);
    }

    [Fact]
    public void Gelu_follows_the_normal_distribution()
    {
        foreach (float x in Grid(-12, 12))
        {
            double scale = Math.Max(1, Math.Abs(x));
            Assert.True(Math.Abs(Call(VectorMath.Gelu, x) - ScalarFunctions.Gelu(x)) <= 3e-7 * scale, $"gelu({x})");
            Assert.True(Math.Abs(Call(VectorMath.GeluDerivative, x) - ScalarFunctions.GeluDerivative(x)) <= 4e-7, $"gelu'({x})");
        }

        Assert.Equal(0f, Call(VectorMath.Gelu, -1000f));
        Assert.Equal(1000f, Call(VectorMath.Gelu, 1000f));
        Assert.Equal(0f, Call(VectorMath.GeluDerivative, -1e30f));
        Assert.Equal(1f, Call(VectorMath.GeluDerivative, 1e30f));
    }

    [Fact]
    public void Sigmoid_silu_and_tanh_follow_their_definitions()
    {
        foreach (float x in Grid(-30, 30))
        {
            double sigmoid = 1 / (1 + Math.Exp(-(double)x));
            Assert.True(Math.Abs(Call(VectorMath.Sigmoid, x) - sigmoid) <= 3e-7 * sigmoid);
            Assert.True(Math.Abs(Call(VectorMath.Silu, x) - x * sigmoid) <= 3e-7 * Math.Abs(x * sigmoid));
            Assert.Equal(sigmoid * (1 + x * (1 - sigmoid)), Call(VectorMath.SiluDerivative, x), 1e-6);
            Assert.True(Math.Abs(Call(VectorMath.Tanh, x) - Math.Tanh(x)) <= 3e-7 * Math.Abs(Math.Tanh(x)), $"tanh({x})");
        }

        Assert.Equal(-1f, Call(VectorMath.Tanh, float.NegativeInfinity));
        Assert.Equal(0f, Call(VectorMath.Sigmoid, float.NegativeInfinity));
        Assert.Equal(-1e-20f, Call(VectorMath.Tanh, -1e-20f));
    }

    [Fact]
    public void Not_a_number_passes_through_every_function()
    {
        Func<Vector256<float>, Vector256<float>>[] functions =
        [
            VectorMath.Exp, VectorMath.Log, VectorMath.Gelu, VectorMath.GeluDerivative, VectorMath.Sigmoid,
            VectorMath.Silu, VectorMath.SiluDerivative, VectorMath.Tanh, VectorMath.Relu, Identity.Apply, Gelu.Apply, Relu.Apply,
            Silu.Apply, Sigmoid.Apply,
        ];
        foreach (Func<Vector256<float>, Vector256<float>> function in functions)
        {
            Assert.True(float.IsNaN(Call(function, float.NaN)));
            Assert.True(float.IsNaN(Call(function, -float.NaN)));
        }
    }
}
