using Fovea.Checkpoints;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;
using Fovea.Tests.Models;

namespace Fovea.Tests.Checkpoints;

public sealed class CheckpointDiagnosisTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_registered_model_is_recognised_by_its_own_names_and_shapes_in_every_scheme()
    {
        string path = _folder.File("outline.safetensors");
        ModelMatcher matcher = new();
        foreach (string model in BuiltInModels.Names)
        {
            ModelSignature outline = new(model);
            foreach (KeyScheme scheme in outline.Schemes)
            {
                StateFiles.WriteOutline(path, outline.Tensors
                    .Where(tensor => scheme.NameOf(tensor.Key) is not null)
                    .Select(tensor => KeyValuePair.Create(scheme.NameOf(tensor.Key)!, tensor.Value)));
                using CheckpointFile file = CheckpointFile.Open(path);
                IReadOnlyList<CheckpointMatch> matches = ModelMatcher.UnambiguousMatches(matcher.Rank(file.Choose()));
                string taken = string.Join(", ", matches.Select(match => match.Model).DefaultIfEmpty("nothing"));
                Assert.True(matches.Any(match => match.Model == model), $"{model} in {scheme.Name} is taken for {taken}");
                foreach (CheckpointMatch twin in matches)
                {
                    Assert.Equal(scheme, twin.Scheme);
                    Assert.Equal(scheme.Absent.Count > 0, twin.NeedsClasses);
                    Assert.Equal(Shapes(outline), Shapes(twin.Outline));
                }
            }
        }

        static IEnumerable<(string, string)> Shapes(ModelSignature outline) =>
            outline.Tensors.Select(tensor => (tensor.Key, tensor.Value.CheckpointShape.ToString()));
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
        Assert.Equal(1, diagnosis.Match.MatchRatio);
    }

    [Theory]
    [InlineData("missing", "1 tensor is missing", "not whole")]
    [InlineData("unexpected", "not part of the model", "Remove them")]
    [InlineData("misshapen", "has another shape", "other widths")]
    [InlineData("other", "missing", "Set ImportOptions.Model to cmt_nano.")]
    [InlineData("classifier", "without a classifier", "ImportOptions.Classes")]
    [InlineData("nothing", "no registered model", "ModelRegistry.Names")]
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
                    StateFiles.Write(
                        path, state, name => name == "_bn.bias" ? null : name, SafeTensor.FromFloats("_bn.bias", [3], new float[3]));
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
            Assert.Contains(remedy, found.Remedy.Text, StringComparison.Ordinal);
            InvalidFileException error = Assert.Throws<InvalidFileException>(
                () => CheckpointImport.Open(path, new ImportOptions(fault == "other" ? "cmt_ti" : null)).Dispose());
            Assert.Contains(problem, error.Message, StringComparison.Ordinal);
            Assert.Equal(found.Remedy.Text, error.Remedies[0].Text);
            Assert.Equal(fault != "other", error.Remedies.Contains(new Remedy.Diagnose(path)));
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
