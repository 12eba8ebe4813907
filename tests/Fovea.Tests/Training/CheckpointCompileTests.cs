using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Tests.Models;

namespace Fovea.Tests.Training;

/// <summary>Plans that are compiled from the weights where they lie in a checkpoint.</summary>
public sealed class CheckpointCompileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cmt_nano")]
    [InlineData("cmt_ti")]
    [InlineData("crossformer_t")]
    [InlineData("pit_ti")]
    [InlineData("botnet50")]
    public void They_give_the_bits_that_copied_weights_give_even_when_the_file_is_overwritten_later(string name)
    {
        string path = Write(name);
        using WorkerPool pool = new(1);
        using Model model = Checkpoint.Load(path);
        using Classifier copied = new(model, pool: pool);
        using Classifier compiled = Classifier.Load(path, pool: pool);
        using FeatureExtractor copiedBackbone = new(model, pool: pool);
        using FeatureExtractor compiledBackbone = FeatureExtractor.Load(path, pool: pool);
        using (FileStream file = File.OpenWrite(path))
        {
            file.Write(new byte[file.Length / 2]);
            file.SetLength(file.Length / 2);
        }

        float[] prepared = new float[copied.Info.Preprocessing.Length];
        for (int i = 0; i < prepared.Length; i++)
        {
            prepared[i] = MathF.Sin(i);
        }

        Assert.Equal(Probabilities(copied, prepared), Probabilities(compiled, prepared));
        Assert.Equal(copiedBackbone.Extract(prepared).Pooled.ToArray(), compiledBackbone.Extract(prepared).Pooled.ToArray());
    }

    [Fact]
    public void They_copy_none_of_the_weights_that_they_pack()
    {
        string path = Write("pit_ti");
        Model? opened = null;
        (long all, long before, long after) = CompiledCheckpoint.Load(path, null, model =>
        {
            opened = model;
            IReadOnlyCollection<Parameter> tensors = [.. model.Parameters.Tensors.Values];
            long Borrowed() => tensors.Where(tensor => tensor.Variable.IsExternal).Sum(tensor => tensor.Shape.Elements);
            long beforeCompiling = Borrowed();
            using Classifier classifier = new(model);
            return (tensors.Sum(tensor => tensor.Shape.Elements), beforeCompiling, Borrowed());
        });
        opened?.Dispose();
        Assert.InRange(before, 0.95 * all, all);
        Assert.InRange(after, 0.9 * all, before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Tensors_that_do_not_lie_on_whole_numbers_or_end_with_the_file_are_copied(int shift)
    {
        float[] values = [.. Enumerable.Range(0, 40).Select(i => i / 8f)];
        string path = _folder.File($"{shift}.safetensors");
        SafeTensor[] tensors =
        [
            SafeTensor.FromBytes("a", [shift], new byte[shift]),
            SafeTensor.FromFloats("b", [5, 8], values),
            SafeTensor.FromFloats("c", [8], values.AsMemory(0, 8)),
        ];
        SafeTensorsWriter.Write(path, tensors, new Dictionary<string, string>());
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        bool inPlace = file.TryInPlace("b", out ReadOnlyMemory<float> found);
        Assert.Equal(
            file.Info("b").Offset % 4 == 0
            && file.Info("b").Offset + file.Info("b").ByteCount + 64 <= new FileInfo(path).Length,
            inPlace);
        Assert.Equal(inPlace ? values : [], found.ToArray());
        Assert.False(file.TryInPlace("c", out _));
        float[] read = new float[40];
        file.ReadFloats("b", read);
        Assert.Equal(values, read);
    }

    private static float[] Probabilities(Classifier classifier, float[] prepared)
    {
        float[] probabilities = new float[classifier.Info.Classes.Count];
        classifier.Predict(prepared, probabilities);
        return probabilities;
    }

    private string Write(string model)
    {
        ModelOptions options = EveryModelTests.Small(model);
        Network network = ModelRegistry.Create(model, options);
        using ParameterStore state = new(network);
        EveryModelTests.Fill(state);
        string path = _folder.File("model.safetensors");
        Checkpoint.Save(
            path,
            new ModelInfo(
                model,
                options,
                [.. Enumerable.Range(0, 10).Select(i => $"class {i}")],
                new Preprocessing { Height = network.Height, Width = network.Width }),
            state);
        return path;
    }
}
