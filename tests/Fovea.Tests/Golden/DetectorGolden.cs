using System.Globalization;
using System.Text.Json;
using Fovea.Data;
using Fovea.Detection;
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Golden;

/// <summary>The tiny detectors from images to losses with their gradients, and to detections with their masks.</summary>
internal static class DetectorGolden
{
    private const double Slack = 10;

    /// <summary>True for the cases of whole detectors.</summary>
    public static bool Covers(GoldenCase golden) => golden.Model is "mask_rcnn_tiny" or "retinanet_tiny";

    /// <summary>Compares what a case holds.</summary>
    public static void Check(GoldenCase golden)
    {
        using FilledDetector tiny = new(golden);
        if (golden.Training)
        {
            CheckLosses(golden, tiny);
        }
        else
        {
            CheckDetections(golden, tiny);
        }
    }

    private static void CheckLosses(GoldenCase golden, FilledDetector tiny)
    {
        int batch = tiny.Images.Batch;
        TrainingObjects objects = new(batch, capacity: 16);
        int row = 0;
        foreach (JsonElement target in golden.Root.GetProperty("targets").EnumerateArray())
        {
            objects[row++] = Objects(golden, target);
        }

        ComputeGraph graph = new(training: true);
        Value images = graph.Input("images", [batch, tiny.Images.Height, tiny.Images.Width, 3]);
        Value sizes = graph.Input("sizes", [batch, 2]);
        IReadOnlyList<(string Name, Value Loss)> losses =
            tiny.Head.Losses(images, sizes, tiny.Network.Backbone.ForwardStages(images), objects);
        foreach ((string name, Value loss) in losses)
        {
            graph.Output(name, loss);
        }

        Value sum = losses.Select(entry => entry.Loss).Aggregate((left, right) => left + right);
        Gradients.Write(sum, tiny.State.Trained);
        graph.Output("gradient of images", Gradients.Of(sum, [images])[0]!);
        using GradientBlock gradients = new(tiny.State.Trained);
        using Plan plan = Plan.Compile(graph, gradients: gradients);
        tiny.Fill(plan);
        plan.Run();
        foreach ((string name, JsonElement expected) in golden.Entries("losses"))
        {
            double want = expected.GetDouble();
            double tolerance = Math.Max(1e-5 * Math.Max(1, Math.Abs(want)), Slack * golden.Number("float64_loss_abs_diff"));
            Assert.True(Math.Abs(plan.Output(name)[0] - want) <= tolerance, $"{name} is {plan.Output(name)[0]:g9}, expected {want:g9}");
        }

        foreach ((string name, JsonElement expected) in golden.Entries("gradients"))
        {
            double difference = GradientFigures.Of(expected).Difference(Gradient(name));
            double tolerance = Math.Max(1e-4, Slack * golden.Number("float64_gradient_max_rel_l2_diff"));
            Assert.True(difference <= tolerance, $"gradient of {name} is {difference:g3} of its norm away, allowed {tolerance:g2}");
        }

        float[] Gradient(string name)
        {
            if (name.StartsWith("image", StringComparison.Ordinal))
            {
                int image = int.Parse(name["image".Length..], CultureInfo.InvariantCulture);
                return tiny.Images.OfRawImage(image, plan.Output("gradient of images"));
            }

            Parameter tensor = tiny.State.Tensors.First(entry => TinyDetector.ReferenceKey(entry.Key) == name).Value;
            float[] gradient = new float[tensor.Shape.Elements];
            tensor.Layout.ToCheckpoint(tensor.Shape, gradients.Of(tensor.Variable), gradient);
            return gradient;
        }
    }

    private static void CheckDetections(GoldenCase golden, FilledDetector tiny)
    {
        int batch = tiny.Images.Batch;
        ComputeGraph graph = new();
        Value images = graph.Input("images", [batch, tiny.Images.Height, tiny.Images.Width, 3]);
        Value sizes = graph.Input("sizes", [batch, 2]);
        tiny.Head.Forward(images, sizes, tiny.Network.Backbone.ForwardStages(images));
        foreach (string name in tiny.Head.Outputs)
        {
            graph.Output(name, graph.Marks[name]);
        }

        using Plan plan = Plan.Compile(graph);
        tiny.Fill(plan);
        plan.Run();
        int capacity = tiny.Head.Options.Detections!.Value;
        for (int image = 0; image < batch; image++)
        {
            string place = $"detections{image}";
            JsonElement outputs = golden.Root.GetProperty("outputs");
            int count = outputs.GetProperty($"{place}.scores").GetProperty("shape")[0].GetInt32();
            int first = image * capacity;
            ReadOnlySpan<int> classes = plan.IntegerOutput(DetectorHead.ClassesName).Slice(first, capacity);
            Assert.Equal(count, classes.ToArray().Count(label => label >= 0));
            double allowed = Slack * golden.Number("float64_max_abs_diff");
            GoldenTests.Compare(
                $"{place}.boxes",
                plan.Output(DetectorHead.BoxesName).Slice(4 * first, 4 * count).ToArray(),
                outputs.GetProperty($"{place}.boxes"),
                allowed);
            GoldenTests.Compare(
                $"{place}.scores",
                plan.Output(DetectorHead.ScoresName).Slice(first, count).ToArray(),
                outputs.GetProperty($"{place}.scores"),
                allowed);
            JsonElement expected = outputs.GetProperty($"{place}.labels");
            int[] labels = [.. GoldenCase.Doubles(expected.GetProperty("values")).Select(label => (int)label)];
            RegionClasses order = tiny.Head.Rules.Classes;
            Assert.Equal(
                labels, classes[..count].ToArray().Select(index => tiny.Head is FasterRcnn ? order.LabelOf(index) : index));
            if (outputs.TryGetProperty($"{place}.masks", out JsonElement masks))
            {
                CheckMasks(tiny, plan, masks, image, count, labels);
            }
        }
    }

    /// <summary>The reference's masks are probabilities put in place; a sample of their pixels stands in the case.</summary>
    private static void CheckMasks(FilledDetector tiny, Plan plan, JsonElement expected, int image, int count, int[] labels)
    {
        (int width, int height) = tiny.Images.SizeOf(image);
        int size = 2 * tiny.Head.Options.MaskPooling;
        int channels = tiny.Head.Rules.Classes.BoxesPerRegion;
        int capacity = tiny.Head.Options.Detections!.Value;
        float[] all = new float[count * height * width];
        for (int i = 0; i < count; i++)
        {
            int row = (image * capacity) + i;
            float[] mask = new float[size * size];
            for (int pixel = 0; pixel < mask.Length; pixel++)
            {
                int place = (((row * size * size) + pixel) * channels) + labels[i];
                mask[pixel] = 1 / (1 + MathF.Exp(-plan.Output(FasterRcnn.MasksName)[place]));
            }

            ReadOnlySpan<float> box = plan.Output(DetectorHead.BoxesName).Slice(4 * row, 4);
            using PastedMask pasted = new(tiny.Head.Rules.MaskPasting, mask, box, height, width);
            for (int y = pasted.Top; y < pasted.Bottom; y++)
            {
                pasted.WriteRow(y, all.AsSpan((((i * height) + y) * width) + pasted.Left, pasted.Right - pasted.Left));
            }
        }

        GoldenTests.Compare($"detections{image}.masks", all, expected, 1e-4);
    }

    private static ImageObjects Objects(GoldenCase golden, JsonElement target)
    {
        float[] boxes = [.. GoldenCase.Doubles(target.GetProperty("boxes").GetProperty("values")).Select(value => (float)value)];
        int offset = TinyDetector.IsRetina(golden) ? 0 : 1;
        int[] classes = [.. GoldenCase.Doubles(target.GetProperty("labels").GetProperty("values")).Select(label => (int)label - offset)];
        List<RunLengthMask> masks = [];
        if (target.TryGetProperty("masks", out JsonElement bitmaps))
        {
            foreach (JsonElement rows in bitmaps.GetProperty("rows").EnumerateArray())
            {
                string[] lines = [.. rows.EnumerateArray().Select(line => line.GetString()!)];
                byte[] pixels = [.. lines.SelectMany(line => line).Select(digit => (byte)(digit - '0'))];
                masks.Add(RunLengthMask.FromPixels(pixels, lines.Length, lines[0].Length));
            }
        }

        return new ImageObjects(boxes, classes, masks);
    }

    /// <summary>The network of a case with filled weights, and its images.</summary>
    private sealed class FilledDetector : IDisposable
    {
        public FilledDetector(GoldenCase golden)
        {
            Network = TinyDetector.Create(golden);
            State = new ParameterStore(Network);
            Images = new DetectorImages(golden);
            Assert.Equal(
                golden.State.Select(entry => entry.Name).Order(), State.Tensors.Keys.Select(TinyDetector.ReferenceKey).Order());
            foreach ((string name, Parameter tensor) in State.Tensors)
            {
                float[] values = GoldenFill.Tensor(TinyDetector.ReferenceKey(name), tensor.CheckpointShape);
                tensor.Layout.FromCheckpoint(tensor.Shape, values, tensor.Variable.Data);
            }
        }

        public Network Network { get; }

        public ParameterStore State { get; }

        public DetectorHead Head => (DetectorHead)Network.Head!;

        public DetectorImages Images { get; }

        /// <summary>Sets the plan's images and their sizes.</summary>
        public void Fill(Plan plan)
        {
            Images.CopyTo(plan.Input("images"));
            for (int image = 0; image < Images.Batch; image++)
            {
                ImageSize size = Images.SizeOf(image);
                (plan.Input("sizes")[2 * image], plan.Input("sizes")[(2 * image) + 1]) = (size.Height, size.Width);
            }
        }

        public void Dispose() => State.Dispose();
    }
}
