using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Tests.Checkpoints;

/// <summary>Checkpoints of detectors under torchvision's and mmdetection's names.</summary>
public sealed class DetectorCheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("torchvision", "faster_rcnn:resnet50", 90)]
    [InlineData("torchvision-v1", "mask_rcnn:resnet50", 90)]
    [InlineData("torchvision-v1", "retinanet:resnet50", 91)]
    [InlineData("mmdetection", "mask_rcnn:crossformer_s", 80)]
    [InlineData("mmdetection", "retinanet:crossformer_s", 80)]
    [InlineData("official", "faster_rcnn:pit_ti", 7)]
    public void Head_backbone_scheme_and_classes_are_told_from_names_and_shapes(string scheme, string model, int classes)
    {
        string path = Outline(scheme, model, classes);
        using CheckpointFile file = CheckpointFile.Open(path);
        CheckpointDiagnosis diagnosis = new(file);
        Assert.Empty(diagnosis.Problems);
        Assert.Equal([model], diagnosis.UnambiguousMatches);
        CheckpointMatch match = diagnosis.Match!;
        Assert.Equal((scheme, classes), (match.Scheme.Name, match.Outline.Network.Classes));
        Assert.Equal(StateFiles.Scheme(scheme).Options.Detector?.Form, match.Options.Detector?.Form);
    }

    [Fact]
    public void A_file_of_torchvision_keeps_its_preprocessing_and_the_first_ones_have_no_epsilon()
    {
        foreach ((string scheme, float? epsilon) in new[] { ("torchvision", (float?)null), ("torchvision-v1", 0) })
        {
            string path = Outline(scheme, "faster_rcnn:resnet50", 90);
            using CheckpointImport import = CheckpointImport.Open(path);
            Preprocessing preprocessing = import.Info.Preprocessing;
            Assert.True(preprocessing is { Aliased: true, Resize: ResizeRule.BoundedSides, ResizeTo: 800, LongerSide: 1333, PadTo: 32 });
            Assert.Equal(epsilon, import.Info.Options.NormEpsilon);
            Assert.Equal(("person", "toothbrush"), (import.Info.Classes[0], import.Info.Classes[89]));
            using CheckpointImport given = CheckpointImport.Open(path, new ImportOptions { NormEpsilon = 1e-4f });
            Assert.Equal(1e-4f, given.Info.Options.NormEpsilon);
        }
    }

    [Fact]
    public void Names_that_tell_other_options_are_not_written()
    {
        static string[] Names(ModelOptions options) =>
            [.. new ModelSignature("mask_rcnn:resnet_nano", options).Schemes.Select(scheme => scheme.Name)];

        Assert.Equal(["official", "torchvision"], Names(new ModelOptions()));
        Assert.Equal(["official", "torchvision", "torchvision-v1"], Names(new ModelOptions(NormEpsilon: 0)));
        Assert.Equal(
            ["official", "mmdetection"], Names(new ModelOptions(Detector: new DetectorOptions { Form = DetectorForm.Mmdetection })));
    }

    [Fact]
    public void A_detector_of_Fovea_in_the_form_of_mmdetection_is_loaded_for_other_classes()
    {
        DetectorOptions detector = new() { Form = DetectorForm.Mmdetection, Channels = 16, Width = 32 };
        ModelOptions options = new(Classes: 4, Detector: detector);
        using Model model = Model.Create("faster_rcnn:resnet_nano", options);
        string path = _folder.File("own.safetensors");
        Checkpoint.Save(path, model);
        using CheckpointImport import = CheckpointImport.Open(path, new ImportOptions(Classes: 2));
        Assert.Equal(
            ["roi_heads.box_predictor.cls_score.weight", "roi_heads.box_predictor.cls_score.bias"],
            import.Match.Reinitialized.Where(name => name.Contains("cls_score", StringComparison.Ordinal)));
        Assert.DoesNotContain(import.Match.Reinitialized, name => name.StartsWith("fpn.", StringComparison.Ordinal));
        Assert.Equal(model.Info.Preprocessing, import.Info.Preprocessing);
    }

    /// <summary>A file with the names and shapes of a model, all zeros.</summary>
    private string Outline(string scheme, string model, int classes)
    {
        KeyScheme names = StateFiles.Scheme(scheme);
        ModelSignature signature = new(model, names.Options with { Classes = classes });
        string path = _folder.File($"{scheme}.safetensors");
        StateFiles.WriteOutline(
            path,
            signature.Tensors.Where(tensor => scheme != "torchvision-v1" || tensor.Value.Kind != ParameterKind.Counter)
                .Select(tensor => KeyValuePair.Create(names.NameOf(tensor.Key)!, tensor.Value)));
        return path;
    }
}
