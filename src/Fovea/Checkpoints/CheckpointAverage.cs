using Fovea.Data;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Checkpoints;

/// <summary>
/// Uniform mean of several checkpoints of one model, such as the last ones of a run or those of several runs from one beginning
/// (arXiv 1803.05407; arXiv 2203.05482).
/// </summary>
public static class CheckpointAverage
{
    /// <summary>
    /// Averages weights and running statistics, in double precision and in the order given. Of counters of training steps the largest is
    /// kept.
    /// </summary>
    /// <param name="paths">The checkpoints, two or more, of any kind that can be loaded.</param>
    /// <returns>A model with the averages, described as the first checkpoint is.</returns>
    /// <exception cref="ArgumentException">There are fewer than two.</exception>
    /// <exception cref="InvalidFileException">
    /// A file is missing or broken, or holds another model, other options or other classes than the first one.
    /// </exception>
    public static Model Of(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count < 2)
        {
            throw new ArgumentException($"An average takes two or more checkpoints, not {paths.Count}.", nameof(paths));
        }

        Model mean = Checkpoint.Load(paths[0]);
        try
        {
            double[][] sums = [.. mean.Parameters.Tensors.Values.Select(tensor => new double[tensor.Shape.Elements])];
            Add(mean, sums);
            foreach (string path in paths.Skip(1))
            {
                using Model other = Checkpoint.Load(path);
                Require(mean.Info, paths[0], other.Info, path);
                Add(other, sums);
            }

            Parameter[] tensors = [.. mean.Parameters.Tensors.Values];
            for (int i = 0; i < tensors.Length; i++)
            {
                Write(tensors[i], sums[i], paths.Count);
            }

            return mean;
        }
        catch
        {
            mean.Dispose();
            throw;
        }
    }

    private static void Require(ModelInfo expected, string first, ModelInfo info, string path)
    {
        string? difference = info.Name != expected.Name ? $"it holds {info.Name}, but {first} holds {expected.Name}"
            : info.Options != expected.Options ? $"its {info.Name} is made with other options than that of {first}"
            : !ClassCheck.AreSame(info.Classes, expected.Classes) ? $"its classes are not those of {first}, in their order"
            : info.Preprocessing != expected.Preprocessing ? $"its images are prepared otherwise than those of {first}"
            : null;
        if (difference is not null)
        {
            throw new InvalidFileException(path, difference, "Average checkpoints of one model, trained on the same classes and images.");
        }
    }

    private static void Add(Model model, double[][] sums)
    {
        Parameter[] tensors = [.. model.Parameters.Tensors.Values];
        for (int i = 0; i < tensors.Length; i++)
        {
            bool counts = tensors[i].Kind == ParameterKind.Counter;
            ReadOnlySpan<float> values = tensors[i].Variable.Data;
            for (int j = 0; j < values.Length; j++)
            {
                sums[i][j] = counts ? Math.Max(sums[i][j], values[j]) : sums[i][j] + values[j];
            }
        }
    }

    private static void Write(Parameter tensor, double[] sums, int count)
    {
        Span<float> values = tensor.Variable.Data;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)(tensor.Kind == ParameterKind.Counter ? sums[i] : sums[i] / count);
        }
    }
}
