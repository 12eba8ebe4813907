using Fovea.Engine;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Onnx;

namespace Fovea.Tests.Onnx;

/// <summary>Holds the files of detectors against Fovea itself: ONNX Runtime finds the same objects.</summary>
public sealed class OnnxDetectorTests : IDisposable
{
    private const int Height = 96;
    private const int Width = 128;
    private const int Classes = 3;
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("retinanet:cmt_nano", DetectorForm.Torchvision, 1)]
    [InlineData("retinanet:resnet_nano", DetectorForm.Torchvision, 2)]
    [InlineData("retinanet:cmt_nano", DetectorForm.Mmdetection, 3)]
    [InlineData("faster_rcnn:cmt_nano", DetectorForm.Torchvision, 4)]
    [InlineData("faster_rcnn:patchconvnet_nano", DetectorForm.Torchvision, 5)]
    [InlineData("faster_rcnn:cmt_nano", DetectorForm.Mmdetection, 6)]
    [InlineData("mask_rcnn:cmt_nano", DetectorForm.Torchvision, 7)]
    [InlineData("mask_rcnn:resnet_nano", DetectorForm.Torchvision, 8)]
    [InlineData("mask_rcnn:cmt_nano", DetectorForm.Mmdetection, 9)]
    [InlineData("mask_rcnn:crossformer_nano", DetectorForm.Mmdetection, 10)]
    public void The_same_objects_are_found(string name, DetectorForm form, ulong seed)
    {
        using Model model = Create(name, Small(form), seed);
        AssertAgrees(model, seed, leastFound: 5);
    }

    [Theory]
    [InlineData("retinanet:cmt_nano")]
    [InlineData("mask_rcnn:cmt_nano")]
    public void Few_candidates_leave_room_and_many_fill_it(string name)
    {
        DetectorOptions few = Small(DetectorForm.Torchvision) with
        {
            CandidatesPerLevel = 3,
            ProposalsPerLevel = 2,
            Proposals = 6,
            Detections = 50,
        };
        using Model model = Create(name, few, 11);
        Assert.True(AssertAgrees(model, 11, leastFound: 1) < 50);
        using Model full = Create(name, Small(DetectorForm.Torchvision) with { Detections = 4 }, 12);
        Assert.Equal(4, AssertAgrees(full, 12, leastFound: 4));
    }

    [Theory]
    [InlineData("retinanet:cmt_nano")]
    [InlineData("mask_rcnn:cmt_nano")]
    public void Where_nothing_is_likely_nothing_is_found(string name)
    {
        using Model model = Create(name, Small(DetectorForm.Torchvision) with { ScoreThreshold = 1 }, 13);
        Assert.Equal(0, AssertAgrees(model, 13, leastFound: 0));
    }

    [Fact]
    public void Where_scores_saturate_the_same_objects_are_found_though_equal_ones_change_places()
    {
        // Scores next to 1 differ by their last digits at most, which each runtime rounds in its own way: of such proposals, the order is
        // chance, and so is which of them is the last that there is room for. Here there is room for all.
        DetectorOptions roomy = Small(DetectorForm.Torchvision) with { Proposals = 300, Detections = 200 };
        using Model model = Create("mask_rcnn:crossformer_nano", roomy, 4, sharpness: 20);
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(InferenceGraph.Build(model.Network, 1), pool);
        Dictionary<string, Array> run = RunBoth(model, plan, 4);
        List<(long Class, float Score, float[] Box)> theirs = Objects(
            (long[])run[DetectorHead.ClassesName], (float[])run[DetectorHead.ScoresName], (float[])run[DetectorHead.BoxesName]);
        List<(long Class, float Score, float[] Box)> ours = Objects(
            [.. plan.IntegerOutput(DetectorHead.ClassesName).ToArray().Select(index => (long)index)],
            plan.Output(DetectorHead.ScoresName).ToArray(),
            plan.Output(DetectorHead.BoxesName).ToArray());
        Assert.True(ours.Count(one => one.Score > 0.999f) > 10, $"{ours.Count} objects");
        Assert.Equal(ours.Count, theirs.Count);
        Assert.All(ours, one => Assert.Contains(theirs, other =>
            one.Class == other.Class
            && Math.Abs(one.Score - other.Score) <= 1e-4
            && one.Box.Zip(other.Box).All(pair => Math.Abs(pair.First - pair.Second) <= 1e-2)));
    }

    [Fact]
    public void A_published_network_becomes_a_file_that_opens()
    {
        DetectorOptions detector = new() { Width = 64, Proposals = 20, Detections = 10 };
        ModelOptions options = new(Height: 64, Width: 96, Detector: detector);
        using Model model = Model.Create("mask_rcnn:resnet50", options, 1);
        OnnxExport.Write(Target, model, new OnnxOptions { Opset = OnnxOptions.MaxOpset });
        OnnxContent file = new(Target);
        Assert.Equal(["1", "3", "64", "96"], file.Axes(11));
        Assert.Equal((2, 8, 7), (file.Count("NonMaxSuppression"), file.Count("RoiAlign"), file.Count("TopK")));
        (_, int[] shape) = OnnxRuntime.Run(Target, new float[3 * 64 * 96], [1, 3, 64, 96], FasterRcnn.MasksName);
        Assert.Equal([1, 10, 28, 28], shape);
    }

    [Fact]
    public void Several_images_in_a_run_are_refused()
    {
        using Model model = Create("retinanet:cmt_nano", Small(DetectorForm.Torchvision), 1);
        ComputeGraph graph = new();
        graph.Output("boxes", model.Network.Forward(graph.Input("images", [2, Height, Width, 3])));
        OnnxExportException error = Assert.Throws<OnnxExportException>(() => OnnxExport.Write(Target, graph, new OnnxOptions()));
        Assert.Contains("one image in a run, and not 2", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Target));
    }

    private static DetectorOptions Small(DetectorForm form) => new()
    {
        Form = form,
        Channels = 16,
        Convolutions = 1,
        Width = 24,
        MaskConvolutions = [8],
        MaskChannels = 8,
        AnchorSizes = [[12, 20], [24, 32], [40, 56], [64, 80], [90, 100]],
        ProposalsPerLevel = 60,
        Proposals = 40,
        CandidatesPerLevel = 80,
        ScoreThreshold = 0.2f,
        Detections = 30,
    };

    /// <summary>A detector whose last layers say something else of every place.</summary>
    private static Model Create(string name, DetectorOptions detector, ulong seed, double sharpness = 1)
    {
        Model model = Model.Create(name, new ModelOptions(Classes, Height, Width, Detector: detector), seed);
        KeyedRandom random = new(seed, 1);
        (string Key, double Spread)[] lasts =
        [
            ("cls_logits.weight", sharpness), ("cls_score.weight", 0.7 * sharpness), ("bbox_reg.weight", 0.2), ("bbox_pred.weight", 0.2),
            ("mask_fcn_logits.weight", 2), ("box_head.fc6.weight", 0.2), ("box_head.fc7.weight", 0.5),
        ];
        foreach ((string key, double spread) in lasts)
        {
            foreach ((_, Parameter tensor) in model.Parameters.Tensors.Where(entry => entry.Key.EndsWith(key, StringComparison.Ordinal)))
            {
                foreach (ref float weight in tensor.Variable.Data)
                {
                    weight = (float)random.NextDouble(-spread, spread);
                }
            }
        }

        return model;
    }

    /// <summary>Number of objects, after both have found the same.</summary>
    private int AssertAgrees(Model model, ulong seed, int leastFound)
    {
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(InferenceGraph.Build(model.Network, 1), pool);
        Dictionary<string, Array> run = RunBoth(model, plan, seed);
        int[] classes = plan.IntegerOutput(DetectorHead.ClassesName).ToArray();
        int found = classes.Count(index => index >= 0);
        Assert.True(found >= leastFound, $"{found} objects");
        Assert.Equal(classes.Select(index => (long)index), (long[])run[DetectorHead.ClassesName]);
        AssertClose(plan.Output(DetectorHead.ScoresName).ToArray(), (float[])run[DetectorHead.ScoresName], 1e-4);
        AssertClose(plan.Output(DetectorHead.BoxesName).ToArray(), (float[])run[DetectorHead.BoxesName], 1e-2);
        if (model.Network.Head is FasterRcnn { HasMasks: true } head)
        {
            int pixels = 4 * head.Options.MaskPooling * head.Options.MaskPooling;
            float[] logits = plan.Output(FasterRcnn.MasksName).ToArray();
            int channels = logits.Length / (classes.Length * pixels);
            IEnumerable<float> wanted = Enumerable.Range(0, found * pixels).Select(i =>
            {
                int channel = head.Rules.Classes.LabelOf(classes[i / pixels]);
                return 1 / (1 + MathF.Exp(-logits[(i * channels) + channel]));
            });
            AssertClose([.. wanted], ((float[])run[FasterRcnn.MasksName])[..(found * pixels)], 1e-3);
        }

        return found;
    }

    /// <summary>Runs the plan on an image of noise, and the file of the model on the same.</summary>
    private Dictionary<string, Array> RunBoth(Model model, Plan plan, ulong seed)
    {
        KeyedRandom random = new(seed, 2);
        foreach (ref float value in plan.Input(InferenceGraph.Images))
        {
            value = (float)random.NextDouble(-2, 2);
        }

        plan.Run();
        OnnxExport.Write(Target, model);
        float[] images = OnnxRuntimeTests.ChannelsFirst(plan.Input(InferenceGraph.Images), [1, Height, Width, 3]);
        return OnnxRuntime.RunAll(Target, images, [1, 3, Height, Width]);
    }

    private static List<(long Class, float Score, float[] Box)> Objects(long[] classes, float[] scores, float[] boxes) =>
        [.. classes.Where(index => index >= 0).Select((index, i) => (index, scores[i], boxes[(4 * i)..((4 * i) + 4)]))];

    private static void AssertClose(float[] wanted, float[] got, double tolerance)
    {
        Assert.Equal(wanted.Length, got.Length);
        for (int i = 0; i < got.Length; i++)
        {
            Assert.True(Math.Abs(wanted[i] - got[i]) <= tolerance, $"element {i}: {got[i]} instead of {wanted[i]}");
        }
    }
}
