using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Tests.Checkpoints;

public sealed class CheckpointDiagnosisTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_registered_model_is_recognised_by_its_own_names_and_shapes_in_every_scheme()
    {
        string path = _folder.File("outline.safetensors");
        ModelMatcher guess = new();
        foreach (string model in ModelRegistry.Names)
        {
            ModelSignature outline = new(model);
            foreach (KeyScheme scheme in outline.Schemes)
            {
                StateFiles.WriteOutline(path, outline.Tensors
                    .Where(tensor => scheme.NameOf(tensor.Key) is not null)
                    .Select(tensor => KeyValuePair.Create(scheme.NameOf(tensor.Key)!, tensor.Value)));
                using CheckpointFile file = CheckpointFile.Open(path);
                IReadOnlyList<CheckpointMatch> certain = ModelMatcher.Certain(guess.Rank(file.Choose()));
                Assert.True(certain.Any(match => match.Model == model), $"{model} in {scheme.Name} is taken for {string.Join(", ", certain.Select(match => match.Model).DefaultIfEmpty("nothing"))}");
                foreach (CheckpointMatch twin in certain)
                {
                    Assert.Equal(scheme, twin.Scheme);
                    Assert.Equal(scheme.Absent.Count > 0, twin.NeedsClasses);
                    Assert.Equal(Shapes(outline), Shapes(twin.Outline));
                }
            }
        }

        static IEnumerable<(string, string)> Shapes(ModelSignature outline) => outline.Tensors.Select(tensor => (tensor.Key, tensor.Value.CheckpointShape.ToString()));
    }

    [Theory]
    [InlineData("cmt_s", 160, 7)]
    [InlineData("pit_b", 384, 21841)]
    [InlineData("pit_lucidrains", 112, 3)]
    [InlineData("botnet50", 256, 10)]
    [InlineData("botnet_s1_50", 320, 10)]
    [InlineData("patchconvnet_s60_multi", 224, 12)]
    [InlineData("cmt_ti_flyegle", 224, 1)]
    public void Size_and_classes_are_told_by_the_shapes(string model, int side, int classes)
    {
        string path = _folder.File("outline.safetensors");
        StateFiles.WriteOutline(path, new ModelSignature(model, new ModelOptions(classes, side, side)).Tensors);
        using CheckpointFile file = CheckpointFile.Open(path);
        CheckpointDiagnosis diagnosis = new(file);
        Assert.Empty(diagnosis.Problems);
        Assert.Equal((model, classes, side), (diagnosis.Match!.Model, diagnosis.Match.Options.Classes, diagnosis.Match.Options.Height));
        Assert.Equal(1, diagnosis.Match.Share);
    }

    [Theory]
    [InlineData("missing", "1 tensor is missing", "not whole")]
    [InlineData("unexpected", "not part of the model", "Remove them")]
    [InlineData("misshapen", "has another shape", "other widths")]
    [InlineData("other", "missing", "--model cmt_nano")]
    [InlineData("classifier", "without a classifier", "--classes")]
    [InlineData("nothing", "no registered model", "fovea models")]
    public void Each_fault_is_told_with_its_remedy(string fault, string problem, string remedy)
    {
        (_, ParameterStore state) = StateFiles.Fresh("cmt_nano", new ModelOptions(10));
        using (state)
        {
            string path = _folder.File("broken.pth");
            switch (fault)
            {
                case "missing":
                    StateFiles.Write(path, state, name => name == "blocks_b.0.norm1.weight" ? null : name);
                    break;
                case "unexpected":
                    StateFiles.Write(path, state, others: SafeTensor.FromFloats("aux.weight", [1], new float[1]));
                    break;
                case "misshapen":
                    StateFiles.Write(path, state, name => name == "_bn.bias" ? null : name, SafeTensor.FromFloats("_bn.bias", [3], new float[3]));
                    break;
                case "classifier":
                    StateFiles.Write(path, state, name => name.StartsWith("head.", StringComparison.Ordinal) ? null : name);
                    break;
                case "nothing":
                    StateFiles.Write(path, state, name => "x" + name);
                    break;
                default:
                    StateFiles.Write(path, state);
                    break;
            }

            using CheckpointFile file = CheckpointFile.Open(path);
            CheckpointDiagnosis diagnosis = new(file, fault == "other" ? "cmt_ti" : null);
            CheckpointProblem found = diagnosis.Problems[0];
            Assert.Contains(problem, found.What, StringComparison.Ordinal);
            Assert.Contains(remedy, found.Remedy, StringComparison.Ordinal);
            string message = Assert.Throws<InvalidFileException>(() => CheckpointImport.Open(path, new ImportOptions(fault == "other" ? "cmt_ti" : null)).Dispose()).Message;
            Assert.Contains(problem, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_word_in_front_of_all_names_is_left_out()
    {
        (_, ParameterStore state) = StateFiles.Fresh("cmt_nano", new ModelOptions(10));
        using (state)
        {
            string path = _folder.File("lightning.pth");
            StateFiles.Write(path, state, name => "net." + name);
            using CheckpointFile file = CheckpointFile.Open(path);
            CheckpointDiagnosis diagnosis = new(file);
            Assert.Empty(diagnosis.Problems);
            Assert.Equal("net", diagnosis.Weights.KeyPath);
        }
    }
}
