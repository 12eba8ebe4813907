using System.Text;
using Fovea.Layers;

namespace Fovea.Tests.Golden;

/// <summary>The formula by which weights and inputs of golden cases are filled.</summary>
internal static class GoldenFill
{
    /// <summary>A tensor by its name and its shape in checkpoints; an input or gradient of an output has values of its own range.</summary>
    public static float[] Tensor(string name, IReadOnlyList<int> shape, bool input = false)
    {
        long count = shape.Aggregate(1L, (product, axis) => product * axis);
        float[] values = new float[count];
        if (name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
        {
            return values;
        }

        ulong hash = 0xcbf29ce484222325;
        foreach (byte letter in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ letter) * 0x100000001b3;
        }

        double fanIn = count / (double)Math.Max(shape.Count > 0 ? shape[0] : 1, 1);
        bool isInput = input
            || name.StartsWith("input", StringComparison.Ordinal)
            || name == "grad_output"
            || name.StartsWith("grad.", StringComparison.Ordinal);
        for (long i = 0; i < count; i++)
        {
            ulong z = hash + ((ulong)(i + 1) * 0x9E3779B97F4A7C15);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z ^= z >> 31;
            double u = (z >> 40) / 16777216.0;
            double v = (2 * u) - 1;
            values[i] = (float)(isInput ? v
                : name.EndsWith("running_var", StringComparison.Ordinal) ? 1 + (0.5 * u)
                : name.EndsWith("running_mean", StringComparison.Ordinal) ? 0.1 * v
                : name.EndsWith(".weight", StringComparison.Ordinal) && shape.Count >= 2 ? v * Math.Sqrt(3 / fanIn)
                : name.EndsWith(".weight", StringComparison.Ordinal) && shape.Count == 1 ? 1 + (0.1 * v)
                : 0.1 * v);
        }

        return values;
    }

    /// <summary>Fills all tensors of a module, by their names behind a prefix.</summary>
    public static void Fill(ParameterStore state, string prefix = "")
    {
        foreach ((string name, Parameter tensor) in state.Tensors)
        {
            tensor.Layout.FromCheckpoint(tensor.Shape, Tensor(prefix + name, tensor.CheckpointShape), tensor.Variable.Data);
        }
    }

    /// <summary>Values laid out (N, C, H, W) as (N, H, W, C).</summary>
    public static float[] ChannelsLast(float[] values, int[] shape)
    {
        float[] result = new float[values.Length];
        int plane = shape[2] * shape[3];
        for (int n = 0; n < shape[0]; n++)
        {
            for (int c = 0; c < shape[1]; c++)
            {
                for (int p = 0; p < plane; p++)
                {
                    result[(((n * plane) + p) * shape[1]) + c] = values[(((n * shape[1]) + c) * plane) + p];
                }
            }
        }

        return result;
    }

    /// <summary>Values laid out (N, H, W, C) as (N, C, H, W), the given shape.</summary>
    public static float[] ChannelsFirst(ReadOnlySpan<float> values, int[] shape)
    {
        float[] result = new float[values.Length];
        int plane = shape[2] * shape[3];
        for (int n = 0; n < shape[0]; n++)
        {
            for (int c = 0; c < shape[1]; c++)
            {
                for (int p = 0; p < plane; p++)
                {
                    result[(((n * shape[1]) + c) * plane) + p] = values[(((n * plane) + p) * shape[1]) + c];
                }
            }
        }

        return result;
    }
}
