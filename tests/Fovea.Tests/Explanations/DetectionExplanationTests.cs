using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Explanations;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Tests.Tasks;

namespace Fovea.Tests.Explanations;

public sealed class DetectionExplanationTests
{
    private static readonly Image _image = FreshDetector.Image(1);

    public static TheoryData<string, DetectorForm> Detectors { get; } = new()
    {
        { "retinanet", DetectorForm.Torchvision },
        { "retinanet", DetectorForm.Mmdetection },
        { "faster_rcnn", DetectorForm.Torchvision },
        { "mask_rcnn", DetectorForm.Mmdetection },
    };

    [Theory]
    [MemberData(nameof(Detectors))]
    public void The_explained_number_is_the_class_logit_of_the_row_that_a_detection_was_made_of(string head, DetectorForm form)
    {
        using Model model = Fresh(head, form);
        using TargetScores scores = TargetScores.Of(model, null, 1);
        using ExplainerPlans plans = new(model, scores, null, 1);
        ExplainedInput input = scores.Prepare(_image);
        ExplainedNetwork network = new(model, scores, input.Height, input.Width);
        using Plan whole = WholeDetector(model, input);
        using Plan row = RowScores(scores, input);
        for (int i = 0; i < 3; i++)
        {
            Target target = scores.Find(_image, input, new() { Detection = i }, network, plans, CancellationToken.None);
            int index = Assert.Single(target.Classes);
            Assert.Equal(whole.IntegerOutput("classes")[i], index);
            int labels = whole.Graph.Outputs["logits"].Shape.Last;
            int first = labels > model.Network.Classes && form == DetectorForm.Torchvision ? 1 : 0;
            float logit = whole.Output("logits")[(whole.IntegerOutput("rows")[i] * labels) + first + index];
            target.Write(row);
            input.Values.CopyTo(row.Input(InferenceGraph.Images));
            row.Run();
            Assert.Equal(logit, row.Output(ExplainedGraph.Scores)[index], 1e-4);

            // Suppression leaves the best of what overlaps, so that the detection is the best of its own class there.
            float[] best = plans.ScoresOf(input.Values, (input.Height, input.Width), target, CancellationToken.None);
            Assert.Equal(target.Detection!.Score, best[index], 1e-4);
        }

        DerivativesAgree(plans, row, input, scores.Find(_image, input, new(), network, plans, CancellationToken.None));
    }

    [Theory]
    [MemberData(nameof(Detectors))]
    public void A_detection_is_explained_by_every_method_that_applies(string head, DetectorForm form)
    {
        using Model model = Fresh(head, form);
        using Detector detector = new(model);
        using Explainer explainer = new(model);
        Fovea.Tasks.Detection second = detector.Detect(_image)[1];
        Assert.Equal((VisionTask.Detection, ExplanationMethod.LayerCam), (explainer.Task, explainer.DefaultMethod));
        foreach (ExplanationMethod method in explainer.Methods)
        {
            Explanation map = Assert.Single(
                explainer.Explain(_image, new() { Method = method, Detection = 1, Steps = 2, Stride = 32 }));
            Assert.Equal(new ExplainedDetection(1, second.Class, second.Score, second.Box), map.Detection);
            Assert.All(map.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
            Assert.Contains(map.Values.ToArray(), value => value != 0);
            Assert.Equal(method == ExplanationMethod.Attention ? null : second.Class, map.Class);
        }

        Assert.Equal(6, explainer.Methods.Count);
        IReadOnlyList<Explanation> classes = explainer.Explain(_image, new() { Detection = 1, Classes = ["class 0", "2"] });
        Assert.Equal(["class 0", "class 2"], classes.Select(map => map.Class));
        Assert.All(classes, map => Assert.Equal(second.Class, map.Detection!.Class));
    }

    [Fact]
    public void The_middle_of_a_detection_attends()
    {
        using Model model = Fresh("retinanet", DetectorForm.Torchvision);
        using Explainer explainer = new(model);
        Explanation map = explainer.Explain(_image, new() { Method = ExplanationMethod.Attention })[0];
        Box box = map.Detection!.Box;
        Assert.Equal(new ImagePoint((box.Left + box.Right) / 2.0, (box.Top + box.Bottom) / 2.0), map.Query);
        AttentionMaps maps = explainer.Attend(_image);
        (int row, int column) = maps.Region.CellOf(map.Query!.Value, maps.Queries.Height, maps.Queries.Width)!.Value;
        Assert.Equal(maps.OfCell(row, column).Values.ToArray(), map.Values.ToArray());
        Explanation elsewhere = explainer.Explain(_image, new() { Method = ExplanationMethod.Attention, At = new(3, 3) })[0];
        Assert.Null(elsewhere.Detection);
    }

    [Fact]
    public void Nothing_outside_a_detectors_field_of_view_is_on_a_map()
    {
        DetectorOptions options = FreshDetector.Options with { AnchorSizes = [[12], [24], [48], [48]], AnchorRatios = [1] };
        using Model model = PooledBackbone.With(backbone => new RetinaNet(backbone, 2, options));
        using Explainer explainer = new(model);
        Image image = ExplainerTests.ImageOf(3, 96, 96);

        // A logit of level p2 is made of 5×5 of its positions, which are made of 3×3, and those of positions of 8 pixels.
        const int Reach = (2 + 1) * 4 + 8;
        int near = 0;
        Explanation[] found =
        [
            .. Enumerable.Range(0, 6).Select(i => explainer.Explain(image, new() { Detection = i })[0]).Where(one => one.Layer == "p2"),
        ];
        Assert.NotEmpty(found);
        foreach (Explanation one in found)
        {
            int index = one.Detection!.Index;
            near += CountNear(one, 3 * 4, 1e-9);
            Explanation gradients = explainer.Explain(
                image, new() { Method = ExplanationMethod.IntegratedGradients, Detection = index, Steps = 2 })[0];
            near += CountNear(gradients, Reach, 1e-9);

            // Anchors that overlap the box tell as well: half of their overlap is a third of their side.
            Explanation occluded = explainer.Explain(
                image, new() { Method = ExplanationMethod.Occlusion, Detection = index, Stride = 8, Window = 8 })[0];
            near += CountNear(occluded, Reach + 4 + 8, 1e-5);
        }

        Assert.True(near > 3 * found.Length);
    }

    [Fact]
    public void What_a_detector_does_not_allow_is_an_error_that_says_so()
    {
        using Model model = Fresh("faster_rcnn", DetectorForm.Torchvision);
        using Explainer explainer = new(model);
        Refuses(explainer, new() { Detection = 99 }, "no detection 99", "a number from 0 to 5");
        Refuses(explainer, new() { Detection = -1 }, "no detection -1", "0 or more");
        Refuses(explainer, new() { Method = ExplanationMethod.Rollout }, "class token", "layer-cam");
        Refuses(explainer, new() { Layer = "fpn" }, "do not depend on fpn", "proposed", "p1");
        Refuses(explainer, new() { At = new(3, 3) }, "At");
        using Model classifier = Model.Create("resnet_nano", seed: 1);
        using Explainer ofClasses = new(classifier);
        Refuses(ofClasses, new() { Detection = 0 }, "no objects", "Detection");
        using Model sure = Model.Create(
            "retinanet:resnet_nano", new ModelOptions(3, 64, 64, Detector: FreshDetector.Options with { ScoreThreshold = 0.9f }), seed: 3);
        using Explainer ofNothing = new(sure);
        Refuses(ofNothing, new(), "finds no object");
    }

    internal static void Refuses(Explainer explainer, ExplanationOptions options, params string[] words)
    {
        string message = Assert.Throws<ExplanationException>(() => explainer.Explain(_image, options)).Message;
        Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
    }

    /// <summary>Compares the gradient by the image with a difference of the explained number along the gradient.</summary>
    internal static void DerivativesAgree(ExplainerPlans plans, Plan scores, ExplainedInput input, Target target)
    {
        const double Step = 0.05;
        int index = target.Classes[0];
        using GradientRun run = plans.RentGradient(input, InferenceGraph.Images, target, CancellationToken.None);
        run.Run(input.Values, index);

        // Not along the zeros of padding, of which a normalisation makes anything.
        float[] along = [.. input.Values.Zip(run.Gradient.ToArray(), (value, slope) => value == 0 ? 0 : slope)];
        double length = Math.Sqrt(along.Sum(slope => (double)slope * slope));
        Assert.True(length > 0);
        target.Write(scores);
        double difference = At(Step / length) - At(-Step / length);
        Assert.Equal(2 * Step * length, difference, 0.05 * 2 * Step * length);

        double At(double step)
        {
            Span<float> images = scores.Input(InferenceGraph.Images);
            for (int i = 0; i < along.Length; i++)
            {
                images[i] = (float)(input.Values[i] + (step * along[i]));
            }

            scores.Run();
            return scores.Output(ExplainedGraph.Scores)[index];
        }
    }

    /// <summary>Plan of the explained scores alone.</summary>
    internal static Plan RowScores(TargetScores scores, ExplainedInput input)
    {
        ExplainedGraph graph = new(scores.Build, new PlanKey(1, input.Height, input.Width));
        graph.OutputScores();
        return Plan.Compile(graph.Graph);
    }

    private static Model Fresh(string head, DetectorForm form) => Model.Create(
        $"{head}:cmt_nano", new ModelOptions(3, 64, 64, Detector: FreshDetector.Options with { Form = form }), seed: 3);

    /// <summary>Run of the whole detector with the logits of all rows, and the row of each detection.</summary>
    private static Plan WholeDetector(Model model, ExplainedInput input)
    {
        ComputeGraph graph = new();
        Value images = graph.Input(InferenceGraph.Images, [1, input.Height, input.Width, 3]);
        DetectorHead head = (DetectorHead)model.Network.Head!;
        float[] size = [input.ImageHeight, input.ImageWidth];
        head.Forward(images, graph.Table([1, 2], size), model.Network.Backbone.ForwardStages(images));
        Node choice = graph.Marks[DetectorHead.RowsName].Producer;
        graph.Output("logits", choice.Inputs[head is RetinaNet ? 0 : 1]);
        graph.Output("rows", graph.Marks[DetectorHead.RowsName]);
        graph.Output("classes", graph.Marks[DetectorHead.ClassesName]);
        Plan plan = Plan.Compile(graph);
        input.Values.CopyTo(plan.Input(InferenceGraph.Images));
        plan.Run();
        return plan;
    }

    /// <summary>Checks that cells beyond a distance from the middle of the detection are 0, and counts those that are not.</summary>
    private static int CountNear(Explanation map, double reach, double tolerance)
    {
        ImagePoint middle = map.Detection!.Centre;
        double half = Math.Max(map.Region.Right / map.Width, map.Region.Bottom / map.Height) / 2;
        int count = 0;
        for (int i = 0; i < map.Values.Length; i++)
        {
            ImagePoint cell = map.Region.PointOf(i / map.Width, i % map.Width, map.Height, map.Width);
            double distance = Math.Max(Math.Abs(cell.X - middle.X), Math.Abs(cell.Y - middle.Y)) - half;
            if (Math.Abs(map.Values.Span[i]) > tolerance)
            {
                Assert.True(distance <= reach + 4, $"{map.Method} {distance} {map.Values.Span[i]}");
                count++;
            }
        }

        return count;
    }
}
