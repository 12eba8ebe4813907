using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Checkpoints;

public sealed class CheckpointAverageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Weights_and_statistics_are_the_means_of_the_checkpoints()
    {
        string[] paths = [Save("a", 1), Save("b", 2), Save("c", 3)];
        using Model mean = CheckpointAverage.Of(paths);
        Model[] models = [.. paths.Select(path => Checkpoint.Load(path))];
        foreach (string key in new[] { "stem_conv1.weight", "stem_norm1.running_mean", "stem_norm1.running_var" })
        {
            float[][] values = [.. models.Select(model => Values(model, key))];
            float[] expected = [.. values[0].Select((value, i) => (float)(((double)value + values[1][i] + values[2][i]) / 3))];
            Assert.Equal(expected, Values(mean, key));
            Assert.NotEqual(values[0], values[1]);
        }

        Assert.All(Values(mean, "stem_norm1.num_batches_tracked"), count => Assert.Equal(3, count));
        Array.ForEach(models, model => model.Dispose());
    }

    [Fact]
    public void The_average_of_copies_has_their_bits()
    {
        string path = Save("a", 1);
        using Model mean = CheckpointAverage.Of([path, path, path]);
        using Model model = Checkpoint.Load(path);
        Assert.All(model.Parameters.Tensors, tensor => Assert.Equal(tensor.Value.Variable.Data.ToArray(), Values(mean, tensor.Key)));
    }

    [Fact]
    public void Checkpoints_that_do_not_belong_together_are_refused_by_what_differs()
    {
        string path = Save("a", 1);
        Refused("holds pit_ti", Save("b", 1, "pit_ti"));
        Refused("other options", Save("c", 1, dropout: 0.5f));
        Refused("classes", Save("d", 1, classes: ["two", "one", "three"]));
        Assert.Throws<ArgumentException>(() => CheckpointAverage.Of([path]));

        void Refused(string expected, string other)
        {
            InvalidFileException error = Assert.Throws<InvalidFileException>(() => CheckpointAverage.Of([path, other]));
            Assert.Equal(other, error.Path);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static float[] Values(Model model, string key) => model.Parameters.Tensors[key].Variable.Data.ToArray();

    private string Save(string name, ulong seed, string model = "cmt_nano", float? dropout = null, string[]? classes = null)
    {
        using Model made = Model.Create(model, new ModelOptions(3, 32, 32, Dropout: dropout), seed);
        float count = 0;
        foreach ((string key, Parameter tensor) in made.Parameters.Tensors)
        {
            if (tensor.Kind == ParameterKind.Counter)
            {
                tensor.Variable.Data.Fill(seed);
            }
            else if (tensor.Kind == ParameterKind.Statistic)
            {
                tensor.Variable.Data.Fill(0.1f + (seed * ++count));
            }
        }

        string path = _folder.File($"{name}.safetensors");
        Checkpoint.Save(path, made.Info with { Classes = classes ?? ["one", "two", "three"] }, made.Parameters);
        return path;
    }
}
