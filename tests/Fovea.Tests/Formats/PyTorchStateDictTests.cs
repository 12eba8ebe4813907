using Fovea.Formats;
using Fovea.Formats.PyTorch;

namespace Fovea.Tests.Formats;

public sealed class PyTorchStateDictTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.a model.b state_dict.c model_ema.d optimizer.e", "model", "a b")]
    [InlineData("state_dict.a state_dict.b model_ema.d", "state_dict", "a b")]
    [InlineData("a.weight b.weight", "", "a.weight b.weight")]
    [InlineData("module.a module.b", "", "a b")]
    [InlineData("_orig_mod.module.a _orig_mod.module.b", "", "a b")]
    [InlineData("module.a b", "", "module.a b")]
    [InlineData("loss generator.a generator.b", "generator", "a b")]
    [InlineData("net.a model_ema.a", "net", "a")]
    public void The_likely_weights_are_chosen(string names, string keyPath, string chosen)
    {
        using PyTorchFile file = Open(names);
        StateDict weights = file.ChooseStateDict();
        Assert.Equal(keyPath, weights.KeyPath);
        Assert.Equal(chosen.Split(' '), weights.TensorInfos.Select(info => info.Name));
    }

    [Fact]
    public void Any_dictionary_can_be_chosen_by_its_key_path()
    {
        using PyTorchFile file = Open("model.a model_ema.module.b trainer.teacher.c trainer.teacher.d");
        Assert.Equal(["model", "trainer.teacher", "model_ema"], file.StateDicts.Select(candidate => candidate.KeyPath));
        Assert.Equal("b", Assert.Single(file.ChooseStateDict("model_ema").TensorInfos).Name);
        Assert.Equal(["teacher.c", "teacher.d"], file.ChooseStateDict("trainer").TensorInfos.Select(info => info.Name));
        Assert.Equal(0f, PyTorchFileTests.Floats(file.ChooseStateDict("trainer.teacher"), "d")[0]);
        Assert.Throws<InvalidFileException>(() => file.ChooseStateDict("model").Info("b"));
    }

    [Theory]
    [InlineData("detector.pth")]
    [InlineData("detector-old.pth")]
    public void The_backbone_of_a_detector_is_offered_beside_the_whole(string name)
    {
        using PyTorchFile file = PyTorchFile.Open(PyTorchFileTests.PathOf(name));
        Assert.Equal(["state_dict", "state_dict.backbone"], file.StateDicts.Select(candidate => candidate.KeyPath));
        Assert.Equal(4, file.ChooseStateDict().Count);
        StateDict backbone = file.ChooseStateDict("state_dict.backbone");
        Assert.Equal(["stem.weight", "norm.bias"], backbone.TensorInfos.Select(info => info.Name));
        Assert.Equal([-3f, -2], PyTorchFileTests.Floats(backbone, "norm.bias"));
    }

    [Fact]
    public void Wrappers_are_left_out_of_safetensors_too()
    {
        string path = _folder.File("a.safetensors");
        SafeTensorsWriter.Write(path, [SafeTensor.FromFloats("module.w", [2], new float[] { 1, 2 })]);
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        Assert.Equal([1f, 2], PyTorchFileTests.Floats(StateDict.Whole(file), "w"));
    }

    /// <summary>Writes tensors under the given names; of a name, the first word of usual nestings is a dictionary of its own.</summary>
    private PyTorchFile Open(string names)
    {
        string[] nests = ["model", "state_dict", "model_ema", "optimizer", "generator", "net", "trainer", "teacher"];
        PickleWriter pickle = new();
        Nest(names.Split(' '));
        string path = _folder.File("a.pth");
        File.WriteAllBytes(path, pickle.ToArchive(("0", new byte[4])));
        return PyTorchFile.Open(path);

        void Nest(IEnumerable<string> below)
        {
            pickle.Op("}");
            foreach (IGrouping<string, string> group in below.GroupBy(
                name => Array.Find(nests, nest => name.StartsWith(nest + ".", StringComparison.Ordinal)) ?? string.Empty))
            {
                if (group.Key.Length > 0)
                {
                    pickle.Text(group.Key);
                    Nest(group.Select(name => name[(group.Key.Length + 1)..]));
                    pickle.Op("s");
                    continue;
                }

                foreach (string name in group)
                {
                    pickle.Text(name).Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op("s");
                }
            }
        }
    }
}
