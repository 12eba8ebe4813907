using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;
using Fovea.Tests.Tasks;

namespace Fovea.Tests.Checkpoints;

/// <summary>Checkpoints of segmentation networks under mmsegmentation's names, and Fovea's own.</summary>
public sealed class SegmenterCheckpointTests : IDisposable
{
    private const string Scheme = "mmsegmentation";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("upernet:crossformer_s", 150)]
    [InlineData("semantic_fpn:crossformer_s", 150)]
    [InlineData("upernet:resnet50", 19)]
    [InlineData("upernet:resnet101_v1c", 150)]
    [InlineData("upernet:patchconvnet_s60", 150)]
    public void Head_backbone_and_classes_are_told_from_names_and_shapes(string model, int classes)
    {
        string path = Outline(model, new ModelOptions(classes));
        using CheckpointFile file = CheckpointFile.Open(path);
        CheckpointDiagnosis diagnosis = new(file);
        Assert.Empty(diagnosis.Problems);
        Assert.Equal([model], diagnosis.UnambiguousMatches);
        Assert.Equal((Scheme, classes), (diagnosis.Match!.Scheme.Name, diagnosis.Match.Outline.Network.Classes));
    }

    [Theory]
    [InlineData("upernet:crossformer_s", false)]
    [InlineData("semantic_fpn:crossformer_s", true)]
    public void Names_tell_whether_there_is_an_auxiliary_head(string model, bool auxiliary)
    {
        string path = Outline(model, new ModelOptions(150, Segmenter: new SegmenterOptions { Auxiliary = auxiliary }));
        using CheckpointFile file = CheckpointFile.Open(path);
        CheckpointDiagnosis diagnosis = new(file);
        Assert.Empty(diagnosis.Problems);
        Assert.Equal(model, diagnosis.Match!.Model);
        Assert.Equal(auxiliary, ((SegmenterHead)diagnosis.Match.Outline.Network.Head!).HasAuxiliary);
    }

    [Fact]
    public void A_published_file_gets_the_names_of_ADE20Ks_classes_and_the_preprocessing_of_its_code()
    {
        string path = Outline("semantic_fpn:crossformer_s", new ModelOptions(150));
        using CheckpointImport import = CheckpointImport.Open(path);
        Assert.Equal(("wall", "flag"), (import.Info.Classes[0], import.Info.Classes[149]));
        Assert.Equal(150, import.Info.Classes.Distinct().Count());
        Assert.True(import.Info.Preprocessing is { Aliased: true, Resize: ResizeRule.BoundedSides, ResizeTo: 512, LongerSide: 2048 });
    }

    [Fact]
    public void Weights_go_to_mmsegmentations_names_and_back_to_the_same_values()
    {
        using FreshSegmenter fresh = new("upernet:crossformer_nano");
        using CheckpointImport own = CheckpointImport.Open(fresh.Path);
        string path = _folder.File("theirs.pth");
        own.SavePyTorch(path, StateFiles.Scheme(Scheme));
        using (CheckpointFile file = CheckpointFile.Open(path))
        {
            string[] names = [.. file.Tensors.Select(tensor => tensor.Name)];
            Assert.Contains("backbone.patch_embed.projs.0.weight", names);
            Assert.Contains("decode_head.psp_modules.0.1.conv.weight", names);
            Assert.Contains("auxiliary_head.convs.0.bn.running_mean", names);
        }

        using Model reference = Model.From(own.Info.CreateNetwork(), own.Info);
        using CheckpointFile theirs = CheckpointFile.Open(path);
        CheckpointMatch match = new(theirs.Choose(), own.Info.Name, new MatchOptions { Network = own.Info.Options });
        Assert.True(match.Fits, string.Join(", ", match.Missing.Concat(match.Unexpected)));
        foreach ((string name, Parameter tensor) in reference.Parameters.Tensors)
        {
            TensorFilling.Fill(match.Weights, match.NamesInFile[name], tensor);
            Assert.Equal(own.Model.Parameters.Tensors[name].Variable.Data.ToArray(), tensor.Variable.Data.ToArray());
        }
    }

    [Fact]
    public void Options_colours_and_the_meaning_of_labels_travel_with_a_checkpoint()
    {
        using Model model = FreshSegmenter.Create("upernet:resnet_nano");
        ModelInfo info = model.Info with
        {
            Colors = [new Rgb(1, 2, 3), new Rgb(128, 64, 32), new Rgb(255, 0, 16)],
            Labels = new SegmentationLabels { Ignored = 7, ReduceZeroLabel = true },
        };
        string path = _folder.File("own.safetensors");
        Checkpoint.Save(path, info, model.Parameters);
        using Model read = Checkpoint.Load(path);
        Assert.Equal(info.Colors, read.Info.Colors);
        Assert.Equal(info.Labels, read.Info.Labels);
        Assert.Equal(FreshSegmenter.Options, read.Info.Options.Segmenter);

        // Another number of classes: last layers are fresh, of both heads.
        using CheckpointImport import = CheckpointImport.Open(path, new ImportOptions(Classes: 5));
        Assert.Equal(
            ["auxiliary_head.conv_seg.bias", "auxiliary_head.conv_seg.weight", "decode_head.conv_seg.bias", "decode_head.conv_seg.weight"],
            import.Match.Reinitialized.Where(name => name.Contains("conv_seg", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(import.Match.Reinitialized, name => name.StartsWith("decode_head.fpn", StringComparison.Ordinal));
    }

    /// <summary>A file with the names and shapes of a model, all zeros.</summary>
    private string Outline(string model, ModelOptions options)
    {
        KeyScheme names = StateFiles.Scheme(Scheme);
        string path = _folder.File("outline.safetensors");
        IReadOnlyDictionary<string, Parameter> tensors = new ModelSignature(model, options).Tensors;
        StateFiles.WriteOutline(path, tensors.Select(tensor => KeyValuePair.Create(names.NameOf(tensor.Key)!, tensor.Value)));
        return path;
    }
}
