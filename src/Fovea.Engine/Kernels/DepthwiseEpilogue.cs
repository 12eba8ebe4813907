namespace Fovea.Engine.Kernels;

/// <summary>An epilogue as depthwise convolution applies it: the sums begin with the bias, the rest follows while they are in registers.</summary>
internal static unsafe class DepthwiseEpilogue
{
    /// <summary>Whether anything follows the bias, from which the sums start.</summary>
    public static bool HasMoreThanBias(in Epilogue epilogue)
    {
        var rest = epilogue;
        rest.Bias = null;
        return !rest.IsEmpty;
    }

    /// <summary>The rest of the epilogue for up to four neighbouring pixels that hold their sums.</summary>
    public static void Finish<TActivation>(in Epilogue epilogue, float* pixels, nint stride, int count, int channels)
        where TActivation : struct, IActivation
    {
        var rest = epilogue;
        rest.Bias = null;
        int whole = channels & -MicroKernel.Columns;
        for (nint channel = 0; channel < whole; channel += MicroKernel.Columns)
        {
            rest.Finish<TActivation>(
                pixels + channel, stride, count, MicroKernel.Columns, channel, channel, pixels + channel, stride);
        }
        if (whole < channels)
        {
            // What stands behind the last channel are the next pixel's sums.
            float* tile = stackalloc float[DepthwiseTiles.Columns * MicroKernel.Columns];
            for (int pixel = 0; pixel < count; pixel++)
            {
                new Span<float>(pixels + pixel * stride + whole, channels - whole).CopyTo(new Span<float>(tile + pixel * MicroKernel.Columns, MicroKernel.Columns));
            }
            rest.Finish<TActivation>(tile, MicroKernel.Columns, count, channels - whole, whole, whole, pixels + whole, stride);
        }
    }

    /// <summary>The epilogue with its pointers moved to a channel of the columns and an element of the result.</summary>
    public static Epilogue At(in Epilogue epilogue, nint channel, nint offset) => new()
    {
        Bias = Move(epilogue.Bias, channel),
        ResidualBefore = Move(epilogue.ResidualBefore, offset),
        Activation = epilogue.Activation,
        Scale = Move(epilogue.Scale, channel),
        Shift = Move(epilogue.Shift, channel),
        ResidualAfter = Move(epilogue.ResidualAfter, offset),
    };

    private static float* Move(float* pointer, nint distance) => pointer == null ? null : pointer + distance;
}
