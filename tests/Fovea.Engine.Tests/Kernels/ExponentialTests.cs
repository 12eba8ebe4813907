using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed class ExponentialTests
{
    [Fact]
    public void Powers_of_two_are_accurate_relatively()
    {
        // Where multiply-adds are not fused, the polynomial is rounded once more for each.
        double bound = Fma.IsSupported || AdvSimd.IsSupported ? 2e-7 : 3e-7;
        for (int i = 0; i <= 200000; i++)
        {
            float x = -126 + i * (130f / 200000);
            double expected = Math.Pow(2, x);
            Assert.True(Math.Abs(PowerOfTwo(x) - expected) <= bound * expected, $"2^{x}");
        }
    }

    [Fact]
    public void Whole_powers_are_exact_and_nothing_that_is_not_finite_is_hidden()
    {
        for (int exponent = -126; exponent <= 126; exponent++)
        {
            Assert.Equal(MathF.ScaleB(1, exponent), PowerOfTwo(exponent));
        }

        Assert.Equal(0, PowerOfTwo(-128));
        Assert.Equal(0, PowerOfTwo(-1e30f));
        Assert.Equal(0, PowerOfTwo(float.NegativeInfinity));
        Assert.Equal(float.NaN, PowerOfTwo(float.NaN));
    }

    private static float PowerOfTwo(float x) => Exponential.PowerOfTwo(Vector256.Create(x))[3];
}
