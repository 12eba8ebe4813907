using Fovea.Engine;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Models;
using Fovea.Onnx;
using Fovea.Tests.Tasks;

namespace Fovea.Tests.Onnx;

/// <summary>Holds the files of segmentation networks against Fovea itself: ONNX Runtime gives the same logits and classes.</summary>
public sealed class OnnxSegmenterTests : IDisposable
{
    private const int Images = 2;
    private const int Side = 64;
    private const int Classes = 3;
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("semantic_fpn:resnet_nano")]
    [InlineData("semantic_fpn:pit_nano")]
    [InlineData("upernet:cmt_nano")]
    [InlineData("upernet:patchconvnet_nano")]
    public void Logits_and_classes_are_the_same_for_several_images(string name)
    {
        using Model model = FreshSegmenter.Create(name);
        Value Logits(Value images) => model.Network.Forward(images);
        (float[] images, float[] logits) = Run(Logits);
        OnnxExport.Write(Target, model);
        (float[] given, int[] shape) = OnnxRuntime.Run(Target, ChannelsFirst(images, Side * Side, 3), [Images, 3, Side, Side], "logits");
        Assert.Equal([Images, Classes], shape[..2]);
        Assert.All(ChannelsFirst(logits, shape[2] * shape[3], Classes).Zip(given), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));

        (_, float[] resized) = Run(input => Logits(input).Resize(Interpolation.Bilinear, Side, Side));
        OnnxExport.Write(Target, model, new OnnxOptions { ArgMax = true });
        Dictionary<string, Array> all = OnnxRuntime.RunAll(Target, ChannelsFirst(images, Side * Side, 3), [Images, 3, Side, Side]);
        Assert.Equal(["classes"], all.Keys);
        long[] classes = (long[])all["classes"];
        Assert.Equal(Images * Side * Side, classes.Length);
        Assert.True(classes.Distinct().Count() > 1, "the test is of no worth where one class takes all");
        for (int pixel = 0; pixel < classes.Length; pixel++)
        {
            ReadOnlySpan<float> row = resized.AsSpan(pixel * Classes, Classes);
            float most = row[0];
            foreach (float logit in row)
            {
                most = Math.Max(most, logit);
            }

            Assert.Equal(most, row[(int)classes[pixel]], 1e-3f);
        }
    }

    [Fact]
    public void Only_a_segmentation_network_has_a_class_for_each_pixel()
    {
        using Model model = Model.Create("resnet_nano");
        Assert.Throws<OnnxExportException>(() => OnnxExport.Write(Target, model, new OnnxOptions { ArgMax = true }));
        Assert.False(File.Exists(Target));
    }

    private static (float[] Images, float[] Result) Run(Func<Value, Value> build)
    {
        ComputeGraph graph = new();
        graph.Output("result", build(graph.Input("images", [Images, Side, Side, 3])));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        KeyedRandom random = new(5, 2);
        foreach (ref float value in plan.Input("images"))
        {
            value = (float)random.NextDouble(-2, 2);
        }

        float[] images = plan.Input("images").ToArray();
        plan.Run();
        return (images, plan.Output("result").ToArray());
    }

    private static float[] ChannelsFirst(float[] map, int pixels, int channels)
    {
        float[] moved = new float[map.Length];
        for (int i = 0; i < map.Length; i++)
        {
            (int image, int pixel, int channel) = (i / channels / pixels, i / channels % pixels, i % channels);
            moved[(((image * channels) + channel) * pixels) + pixel] = map[i];
        }

        return moved;
    }
}
