using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Layers;
using Fovea.Onnx;

namespace Fovea.Tests.Onnx;

/// <summary>Operations by themselves: forms that no registered model has, and what cannot be exported.</summary>
public sealed class OnnxOperationTests : IDisposable
{
    private const int Batch = 3;
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Operations_of_maps_compute_the_same()
    {
        AssertAgrees(6, 9, map => map.Resize(Interpolation.Bicubic, 11, 5));
        AssertAgrees(6, 9, map => map.Resize(Interpolation.Bilinear, 4, 20, alignCorners: true));
        AssertAgrees(6, 9, map => map.Resize(Interpolation.Nearest, 13, 4));
        AssertAgrees(5, 7, map => map.Enlarge(Interpolation.Bilinear, 1.5, 1.5) + map.Enlarge(Interpolation.Nearest, 1.5, 1.5));
        AssertAgrees(7, 5, map => map.AdaptiveAveragePooling(3, 6));
        AssertAgrees(3, 8, map => ConvTranspose2d.Arrange(map.Exp()));
        AssertAgrees(5, 7, map => map.AveragePooling(new WindowSpec(3, Stride: 2, Padding: 1), countPadding: false));
        WindowSpec window = new(3, Stride: 2, Padding: 1);
        AssertAgrees(5, 7, map => map.AveragePooling(window) + map.MaxPooling(window));
        AssertAgrees(5, 7, map => map.MaxPooling(new WindowSpec(2)).Pad(1, 2, 1).Pad(3, 1, 2).Slice(3, 0, 4).Slice(2, 1, 3));
        AssertAgrees(
            5,
            7,
            map => new[] { map.MaxPooling(new WindowSpec(1)), map.Exp(), map.Sum(axes: [1, 2]).BroadcastTo(map.Shape) }
                .Concat(3)
                .Permute(0, 2, 1, 3));
        AssertAgrees(4, 3, map => (map.MaxPooling(new WindowSpec(1)) * 2f).Max(axes: [1, 2]) + map.Sum(3) - map.Mean(1));
        AssertAgrees(
            4,
            3,
            map => map.MaxPooling(new WindowSpec(1)) * map.Graph.Table([4, 3, 1], Numbers(12)) + map.Graph.Table([3, 3], Numbers(9)));
    }

    [Fact]
    public void Pooled_regions_compute_the_same()
    {
        float[] regions = [0, 1.5f, 2, 9.5f, 11, 2, -3, -2, 7, 6, 1, 2.5f, 0.5f, 13, 11, -1, 1, 1, 5, 5, 0, 5, 5, 5.5f, 5.5f];
        foreach ((int samples, bool aligned) in new[] { (0, false), (0, true), (2, false), (2, true) })
        {
            AssertAgrees(6, 7, isOpen: false, operation: map =>
                map.RoiAlign(map.Graph.Table([5, 5], regions), 2, 3, 0.5f, samples, aligned));
            AssertAgrees(6, 8, isOpen: false, operation: map =>
            {
                Value[] levels = [map, map.AveragePooling(new WindowSpec(2, Stride: 2))];
                Value chosen = map.Graph.Table([5], [1, 0, 1, 0, 1]);
                return levels.RoiAlign(map.Graph.Table([5, 5], regions), chosen, new RoiAlign(3, 2, [0.5f, 0.25f], samples, aligned));
            });
        }
    }

    [Fact]
    public void Functions_of_elements_compute_the_same()
    {
        AssertAgrees(2, 3, map => (map * map).Sqrt() + (map.Exp() + 1f).Log() + (map.Exp() + 0.5f).ReciprocalSqrt());
        AssertAgrees(2, 3, map => map.Tanh() / (map.Sigmoid() + 1f) - map.Silu() + -map.Gelu() + map.Relu());
        AssertAgrees(2, 3, map => map.Maximum(map.Exp()).Minimum(map.Graph.Filled([3], 0.7f)));
        AssertAgrees(
            2,
            3,
            map => (map > 0.1f).Where(map.Abs().Pow(1.7f), 1 - map.Pow(3))
                + (map >= map.Square()) + map.Equal(map.Clamp(-0.3f, 0.4f)) - (map < 0));
        AssertAgrees(2, 3, map => map.LogSoftmax() / 3);
    }

    [Fact]
    public void Products_in_every_position_compute_the_same()
    {
        foreach (bool left in new[] { false, true })
        {
            foreach (bool right in new[] { false, true })
            {
                AssertAgrees(3, 3, map => map.Exp().MatMul(map, left, right));
                AssertAgrees(3, 3, map => map.MatMul(map.Graph.Table([3, 3], Numbers(9)), transposeRight: right).Softmax());
            }
        }

        AssertAgrees(3, 3, map => map.MaxPooling(new WindowSpec(2)).MatMul(map.Graph.Table([3, 8], Numbers(24))));
        AssertAgrees(3, 3, map => map.Sum(axes: [1, 2]).Reshape([map.Shape[0], 3]).MatMul(map.Graph.Table([3, 8], Numbers(24))));
    }

    [Fact]
    public void Attention_with_every_bias_computes_the_same()
    {
        foreach ((int height, int width) in new[] { (3, 4), (1, 4), (4, 1), (1, 1) })
        {
            foreach (int heads in new[] { 1, 2 })
            {
                AssertAgrees(2 * height, width, map =>
                {
                    // Two groups of each image, height × width cells each.
                    int cells = height * width;
                    Value tokens = map.Reshape([map.Shape[0] * 2, cells, 3]).MatMul(map.Graph.Table([3, 8], Numbers(24)));
                    Value Logits(int extent)
                    {
                        int columns = heads * ((2 * extent) - 1);
                        return tokens.MatMul(map.Graph.Table([8, columns], Numbers(8 * columns)));
                    }

                    AttentionBias bias = new(
                        map.Graph.Table([heads, cells, cells], Numbers(heads * cells * cells)),
                        Logits(height),
                        Logits(width),
                        map.Graph.Table([2, cells], Numbers(2 * cells)));
                    return tokens.Attention(tokens.Exp(), tokens * 0.3f, heads, 0.4f, bias);
                });
            }
        }
    }

    [Fact]
    public void The_batch_is_followed_through_groups_and_into_constants()
    {
        // Constants are repeated for each image where they meet images, and only there: the other eleven is an extent of its own.
        AssertAgrees(
            1,
            11,
            map => new[] { map.Graph.Table([1, 1, 3], Numbers(3)).BroadcastTo([map.Shape[0], 1, 3]).Exp(), Tokens(map) }.Concat(1));
        AssertAgrees(1, 11, map => new[] { Tokens(map), map.Graph.Filled([map.Shape[0], 2, 3], 0.5f) }.Concat(1).Softmax());
        AssertAgrees(1, 11, map => Tokens(map) + map.Graph.Table([1, 3], Numbers(3)).BroadcastTo([11, 3]).Exp());
        AssertAgrees(
            1,
            11,
            map => map.Graph.Table([1, 3], Numbers(3)).BroadcastTo([11, 3]).MatMul(map.Graph.Table([3, 11], Numbers(33)))
                + Tokens(map).Sum(2));

        // Groups of each image, rows of one product, groups in front of images.
        AssertAgrees(4, 6, map => map.Reshape([map.Shape[0] * 4, 6, 3]).Softmax().Reshape([map.Shape[0], 2, 12, 3]).Permute(0, 2, 1, 3));
        AssertAgrees(
            4,
            6,
            map => map.Permute(1, 0, 2, 3)
                .Reshape([4, map.Shape[0] * 6, 3])
                .MatMul(map.Graph.Table([4, 3, 5], Numbers(60)))
                .Permute(1, 0, 2)
                .Reshape([map.Shape[0], 6, 20]));
    }

    [Fact]
    public void What_mixes_the_images_of_a_batch_is_named()
    {
        AssertMixes("MatMul", map => Rows(map).MatMul(Rows(map), transposeRight: true));
        AssertMixes("MatMul", map => Rows(map).MatMul(Rows(map), transposeLeft: true));
        AssertMixes("Softmax", map => Rows(map).Permute(1, 0).Softmax());
        AssertMixes("Reduce", map => map.Mean(0));
        AssertMixes("Slice", map => map.Slice(0, 0, 2));
        AssertMixes("Concat", map => new[] { map, map }.Concat(0));
        AssertMixes("Add", map => Rows(map).Slice(1, 0, 11) + Rows(map).Slice(1, 0, 11).Permute(1, 0));
        AssertMixes("Reshape", map => map.Reshape([12, map.Shape[0]]));

        static Value Rows(Value map) => map.Reshape([map.Shape[0], 12]);

        void AssertMixes(string operation, Func<Value, Value> build)
        {
            OnnxExportException error = Assert.Throws<OnnxExportException>(() => Export(build, 2, 2));
            Assert.StartsWith(operation, error.Message, StringComparison.Ordinal);
            Assert.Contains("no one axis grows with the batch", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_has_no_form_is_named_with_its_place()
    {
        OnnxExportException error = Assert.Throws<OnnxExportException>(() => Export(map =>
        {
            using (map.Graph.Enter("stage3.attn"))
            {
                return map.Graph.Apply(new SoftmaxGradient(), map, map.Exp());
            }
        }, 2, 2));
        Assert.Contains("SoftmaxGradient", error.Message, StringComparison.Ordinal);
        Assert.Contains("stage3.attn", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<OnnxExportException>(
            () => Export(map => map.Graph.Table([map.Shape[0], 2, 2, 3], new float[map.Shape.Elements]) + map, 2, 2));
        Assert.Contains("FloatTensor", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_minimum_cut_costs_as_little_as_the_best_of_all_choices()
    {
        Random random = new(3);
        for (int trial = 0; trial < 300; trial++)
        {
            int nodes = random.Next(2, 9);
            (int From, int To, long Capacity)[] edges =
            [
                .. Enumerable.Range(0, random.Next(25))
                    .Select(_ => (random.Next(nodes), random.Next(nodes), (long)random.Next(1, 20)))
                    .Where(edge => edge.Item1 != edge.Item2),
            ];
            MinCut network = new(nodes);
            foreach ((int from, int to, long capacity) in edges)
            {
                network.Add(from, to, capacity);
            }

            bool[] side = network.Find(0, nodes - 1);
            Assert.True(side[0] && !side[nodes - 1]);
            long best = Enumerable.Range(0, 1 << (nodes - 2))
                .Min(choice => Cost(node => node == 0 || (node < nodes - 1 && (choice >> (node - 1) & 1) == 1)));
            Assert.Equal(best, Cost(node => side[node]));

            long Cost(Func<int, bool> first) => edges.Where(edge => first(edge.From) && !first(edge.To)).Sum(edge => edge.Capacity);
        }
    }

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => ((i * 37 % 101) - 50) / 60f)];

    private static Value Tokens(Value map) => map.Reshape([map.Shape[0], map.Shape[1] * map.Shape[2], 3]);

    private static ComputeGraph Build(Func<Value, Value> operation, int batch, int height, int width, bool isOpen = true)
    {
        ComputeGraph graph = new();
        graph.Output("out", operation(graph.Input("images", [batch, height, width, 3], batchAxis: isOpen ? 0 : null)));
        return graph;
    }

    private void Export(Func<Value, Value> operation, int height, int width) =>
        OnnxExport.Write(Target, Build(operation, 11, height, width), new OnnxOptions());

    private void AssertAgrees(int height, int width, Func<Value, Value> operation, bool isOpen = true)
    {
        foreach (int opset in new[] { OnnxOptions.MinOpset, OnnxOptions.MaxOpset })
        {
            OnnxExport.Write(Target, Build(operation, isOpen ? 11 : Batch, height, width, isOpen), new OnnxOptions { Opset = opset });
            using WorkerPool pool = new(1);
            using Plan plan = Plan.Compile(Build(operation, Batch, height, width), pool);
            float[] image = Numbers(Batch * height * width * 3);
            for (int i = 0; i < image.Length; i++)
            {
                (int map, int place) = Math.DivRem(i, height * width * 3);
                plan.Input("images")[(map * height * width * 3) + (place % (height * width) * 3) + (place / (height * width))] = image[i];
            }

            plan.Run();
            (float[] got, _) = OnnxRuntime.Run(Target, image, [Batch, 3, height, width]);
            float[] wanted = OnnxRuntimeTests.ChannelsFirst(plan.Output("out"), plan.Graph.Outputs["out"].Shape);
            Assert.Equal(wanted.Length, got.Length);
            for (int i = 0; i < got.Length; i++)
            {
                Assert.True(
                    Math.Abs(wanted[i] - got[i]) <= 2e-5 * (1 + Math.Abs(wanted[i])),
                    $"element {i}: {got[i]} instead of {wanted[i]}");
            }
        }
    }
}
