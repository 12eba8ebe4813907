using System.Numerics.Tensors;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Tests.Tasks;

public sealed class FeatureExtractorTests : IDisposable
{
    private readonly FreshCheckpoint _checkpoint = new();

    public void Dispose() => _checkpoint.Dispose();

    [Fact]
    public async Task Many_threads_get_the_values_that_the_graph_marks()
    {
        (ModelInfo info, Network network, ParameterStore state) = Checkpoint.Open(_checkpoint.Path);
        using ParameterStore weights = state;
        ComputeGraph graph = new();
        network.Forward(graph.Input("images", [1, info.Preprocessing.Height, info.Preprocessing.Width, 3]));
        string[] names = [.. network.Stages.Select(stage => stage.Name), Backbone.Pooled];
        foreach (string name in names)
        {
            graph.Output(name, graph.Marks[name]);
        }

        using Plan plan = Plan.Compile(graph);
        using FeatureExtractor backbone = FeatureExtractor.Load(_checkpoint.Path, concurrency: 2);
        float[][] prepared = [.. Enumerable.Range(0, 6).Select(_checkpoint.Prepared)];
        BackboneFeatures[] features = await Task.WhenAll(prepared.Select((one, i) =>
            Task.Run(() => i % 2 == 0 ? backbone.Extract(one) : backbone.Extract(FreshCheckpoint.Image(i)))));
        for (int i = 0; i < prepared.Length; i++)
        {
            prepared[i].CopyTo(plan.Input("images"));
            plan.Run();
            foreach (string name in names)
            {
                Tensor<float> actual = name == Backbone.Pooled ? features[i].Pooled : features[i][name];
                float[] values = new float[actual.FlattenedLength];
                actual.FlattenTo(values);
                Assert.Equal(plan.Output(name).ToArray(), values);
            }
        }
    }

    [Fact]
    public void Maps_have_the_stride_and_channels_that_their_stage_announces()
    {
        foreach ((string model, int attentions) in ((string, int)[])[("cmt_nano", 5), ("resnet50", 0), ("crossformer_t", 16)])
        {
            using FeatureExtractor backbone = FeatureExtractor.Create(model);
            BackboneFeatures features = backbone.Extract(FreshCheckpoint.Image(1));
            Assert.Equal(backbone.Stages.Select(stage => stage.Name), features.Stages.Keys);
            foreach (StageDescription stage in backbone.Stages)
            {
                (int height, int width) = (backbone.Preprocessing.Height / stage.Stride, backbone.Preprocessing.Width / stage.Stride);
                Assert.Equal([height, width, stage.Channels], features[stage.Name].Lengths.ToArray());
            }

            Assert.Equal(1, features.Pooled.Rank);
            Assert.Equal(attentions, backbone.Attentions.Count);
        }
    }

    [Fact]
    public void A_wrong_stage_and_a_wrong_length_are_explained()
    {
        using FeatureExtractor backbone = FeatureExtractor.Load(_checkpoint.Path);
        BackboneFeatures features = backbone.Extract(FreshCheckpoint.Image(1));
        string message = Assert.Throws<KeyNotFoundException>(() => features["stage9"]).Message;
        Assert.Contains("no stage 'stage9'; there are stage1", message, StringComparison.Ordinal);
        message = Assert.Throws<ArgumentException>(() => backbone.Extract(new float[7])).Message;
        Assert.Contains("= 3072 floats, but 7", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_gives_the_maps_of_its_images_and_leaves_out_stages_that_nobody_chose()
    {
        Image[] images = [.. Enumerable.Range(0, 3).Select(FreshCheckpoint.Image)];

        // Stages of a backbone for a batch, as an application writes it.
        using Model model = Model.Create("cmt_nano", new ModelOptions(Classes: 0));
        using FeatureExtractor backbone = new(model, stages: ["stage2", "stage3"]);
        BackboneFeatures features = backbone.Extract(images);
        Tensor<float> map = features["stage3"];

        StageDescription last = backbone.Stages[^1];
        Assert.Equal(["stage2", "stage3"], features.Stages.Keys);
        Assert.Equal([3, 32 / last.Stride, 32 / last.Stride, last.Channels], map.Lengths.ToArray());
        for (int i = 0; i < images.Length; i++)
        {
            float[] one = [.. backbone.Extract(images[i])["stage3"]];
            AssertClose(one, [.. map.Skip(i * one.Length).Take(one.Length)]);
        }

        Assert.Contains("'pooled'", Assert.Throws<InvalidOperationException>(() => features.Pooled).Message, StringComparison.Ordinal);
        string message = Assert.Throws<ArgumentException>(() => new FeatureExtractor(model, ["stage9"])).Message;
        Assert.Contains("stage9", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => backbone.Extract(Array.Empty<Image>()));
    }

    [Fact]
    public void Prepared_batches_of_several_sizes_share_one_extractor_and_give_the_models_own_output()
    {
        using Model model = Model.Create("resnet50", new ModelOptions(Classes: 0, Height: 32, Width: 32), seed: 2);
        using FeatureExtractor backbone = new(model, ["pooled"]);
        foreach (int side in (int[])[32, 64, 32])
        {
            Tensor<float> images = Tensor.Create(
                [.. Enumerable.Range(0, 2 * side * side * 3).Select(i => MathF.Sin(i))], [2, side, side, 3]);
            Assert.Equal(model.Run(images).ToArray(), backbone.Extract(images).Pooled.ToArray());
        }

        Assert.Throws<ShapeException>(() => backbone.Extract(Tensor.Create(new float[12], [2, 2, 3])));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => backbone.Extract(FreshCheckpoint.Image(1)));
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-4f * (1 + Math.Abs(expected[i])));
        }
    }
}
