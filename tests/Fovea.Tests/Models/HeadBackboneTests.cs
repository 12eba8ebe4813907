using Fovea.Data;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Tests.Tasks;
using Fovea.Training;

namespace Fovea.Tests.Models;

/// <summary>Every head on every backbone.</summary>
public sealed class HeadBackboneTests
{
    private const int Side = 64;

    public static TheoryData<string> Heads => [.. ModelRegistry.Heads];

    [Theory]
    [MemberData(nameof(Heads))]
    public void A_head_makes_a_network_with_every_backbone(string head)
    {
        foreach (string backbone in BuiltInModels.Names.Concat(ModelRegistry.Ablations))
        {
            Network network = Create($"{head}:{backbone}");
            using ParameterStore parameters = ParameterStore.Describe(network);
            ComputeGraph graph = InferenceGraph.Build(network, 1);
            DenseHead dense = Assert.IsAssignableFrom<DenseHead>(network.Head);
            Assert.Equal(dense.Outputs, graph.Outputs.Keys);
            if (dense is DetectorHead)
            {
                Assert.Equal([1, FreshDetector.Options.Detections!.Value, 4], graph.Outputs[DetectorHead.BoxesName].Shape);
            }
            else
            {
                Assert.Equal(3, graph.Outputs[InferenceGraph.Logits].Shape.Last);
            }

            NetworkParts parts = new(network, graph);
            Assert.Equal([NetworkParts.Stem, .. network.Stages.Select(stage => stage.Name), .. dense.Parts], parts.Names);

            // All tensors serve, an auxiliary head's in training: none of the backbone's classifier or pooling is left.
            HashSet<Variable> read = [.. graph.Nodes.Select(node => node.Operation).OfType<ReadVariable>().Select(one => one.Variable)];
            IEnumerable<Variable> idle = parameters.Weights.Variables
                .Where(weight => !read.Contains(weight) && !weight.Name.StartsWith("auxiliary_head.", StringComparison.Ordinal));
            Assert.Empty(idle.Select(weight => $"{backbone}: {weight.Name}"));

            // Whatever the image, what it is padded to fits.
            Preprocessing preprocessing = PublishedPreprocessing.Of(
                $"{head}:{backbone}", network.Height, network.Width, network.Sizes);
            Assert.True(network.Sizes.Fits(preprocessing.Height, preprocessing.Width), backbone);
        }
    }

    [Theory]
    [InlineData("cmt_nano")]
    [InlineData("patchconvnet_nano")]
    [InlineData("pit_nano")]
    [InlineData("crossformer_nano")]
    [InlineData("botnet_nano")]
    [InlineData("resnet_nano")]
    [InlineData("cmt_ti_flyegle")]
    [InlineData("pit_lucidrains")]
    [InlineData("patchconvnet_s60_multi")]
    public void Objects_are_found_in_wide_and_in_high_images_on_any_kind_of_backbone(string backbone)
    {
        Network network = Create($"mask_rcnn:{backbone}");
        using Model model = Model.Create(
            $"mask_rcnn:{backbone}", new ModelOptions(3, network.Height, network.Width, Detector: FreshDetector.Options), seed: 1);
        using Detector detector = new(model);
        foreach ((int width, int height) in new[] { (90, 40), (31, 60) })
        {
            Image image = new(width, height, 3, new byte[width * height * 3]);
            new Random(1).NextBytes(image.Pixels);
            Assert.All(detector.Detect(image), one => Assert.Equal((height, width), (one.Mask!.Height, one.Mask.Width)));
        }
    }

    [Theory]
    [InlineData("retinanet:resnet50", 91, 34_014_999)]
    [InlineData("faster_rcnn:resnet50", 90, 41_755_286)]
    [InlineData("mask_rcnn:resnet50", 90, 44_401_393)]
    public void Published_counts_are_those_of_the_trained_values_without_the_norms_that_they_freeze(
        string name, int classes, long published)
    {
        Network network = ModelRegistry.Create(name, new ModelOptions(classes));
        using ParameterStore parameters = ParameterStore.Describe(network);
        long norms = parameters.Tensors
            .Where(tensor => tensor.Key.Split('.') is [.., "bn1" or "bn2" or "bn3", _] or [.., "downsample", "1", _])
            .Where(tensor => parameters.Weights.Variables.Contains(tensor.Value.Variable))
            .Sum(tensor => tensor.Value.Shape.Elements);
        Assert.Equal(53_120, norms);
        Assert.Equal(published + norms, parameters.ParameterCount);
    }

    [Theory]
    [InlineData("semantic_fpn:crossformer_s", 34_260_000, 2_729_984 + 1_643_158)]
    [InlineData("upernet:crossformer_s", 62_308_022, 31_497_366 + 923_798)]
    [InlineData("upernet:resnet50", 66_496_876, 40_590_486 + 2_398_358)]
    public void Segmentation_networks_have_as_many_values_as_those_of_mmsegmentation(string name, long all, long ofHead)
    {
        Network network = ModelRegistry.Create(name);
        using ParameterStore parameters = ParameterStore.Describe(network);
        HashSet<string> head = [.. network.HeadKeys];
        Assert.Equal(all, parameters.ParameterCount);
        Assert.Equal(ofHead, parameters.Weights.Variables.Where(weight => head.Contains(weight.Name)).Sum(weight => weight.Shape.Elements));
    }

    [Fact]
    public void A_training_step_without_data_has_every_loss_and_a_gradient_for_every_weight()
    {
        foreach (string head in ModelRegistry.Heads)
        {
            Network network = Create($"{head}:cmt_nano");
            using ParameterStore parameters = ParameterStore.Describe(network);
            ComputeGraph graph = NetworkStep.Build(network, parameters, batch: 2);
            Assert.Equal(parameters.Weights.Variables.Count, graph.Gradients.Count);
            Assert.Equal(1, graph.Outputs[TrainingGraph.LossName].Shape.Elements);
            Assert.Contains(graph.Nodes, node => node.Path.Split('.')[0] is "rpn" or "head" or "decode_head");
        }
    }

    [Fact]
    public void Another_size_keeps_the_proportions_of_a_detectors_bounds()
    {
        using FreshDetector fresh = new("retinanet");
        Assert.Equal(fresh.Info, fresh.Info.At(64, 64) with { Classes = fresh.Info.Classes });
        Preprocessing twice = fresh.Info.At(128, 128).Preprocessing;
        Assert.Equal((128, 2 * fresh.Info.Preprocessing.LongerSide, 32), (twice.ResizeTo, twice.LongerSide, twice.PadTo));
        Assert.Equal(224, twice.Height);
    }

    private static Network Create(string name)
    {
        ModelOptions options = new(Classes: 3, Detector: FreshDetector.Options, Segmenter: FreshSegmenter.Options);
        Network native = ModelRegistry.Create(name, options);
        try
        {
            return native.Sizes.Fits(Side, Side) ? ModelRegistry.Create(name, options with { Height = Side, Width = Side }) : native;
        }
        catch (ShapeException)
        {
            return native;
        }
    }
}
