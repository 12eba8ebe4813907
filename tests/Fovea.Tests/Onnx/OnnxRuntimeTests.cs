using Fovea.Data;
using Fovea.Engine;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Onnx;
using Fovea.Tests.Models;

namespace Fovea.Tests.Onnx;

/// <summary>Holds exported files against Fovea itself: ONNX Runtime computes the same logits from them.</summary>
public sealed class OnnxRuntimeTests
{
    private const double Tolerance = 1e-4;
    private const long MaxParameters = 40_000_000;

    public static TheoryData<string> Names => [.. BuiltInModels.Names.Where(IsSmall)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_model_gives_the_same_logits_at_batch_1_and_3(string name)
    {
        using TemporaryFolder folder = new();
        using Exported exported = new(name);
        string path = folder.File("model.onnx");
        OnnxExport.Write(path, exported.Model);
        exported.AssertAgrees(path, 3);
        exported.AssertAgrees(path, 1);
    }

    [Theory]
    [InlineData("cmt_ti", 18)]
    [InlineData("botnet50", 20)]
    [InlineData("cmt_ti_flyegle", 21)]
    public void Newer_operators_give_the_same_logits(string name, int opset)
    {
        using TemporaryFolder folder = new();
        using Exported exported = new(name);
        string path = folder.File("model.onnx");
        OnnxExport.Write(path, exported.Model, new OnnxOptions { Opset = opset });
        exported.AssertAgrees(path, 2);
    }

    [Fact]
    public void Weights_in_a_file_of_their_own_give_the_same_logits()
    {
        using TemporaryFolder folder = new();
        using Exported exported = new("cmt_nano");
        string path = folder.File("model.onnx");
        OnnxExport.Write(path, exported.Model, new OnnxOptions { MaxBytesInside = 1000 });
        Assert.True(File.Exists(path + ".data"));
        exported.AssertAgrees(path, 2);
    }

    [Fact]
    public void With_preprocessing_bytes_of_images_give_the_logits_of_the_prepared_images()
    {
        using TemporaryFolder folder = new();
        using Exported exported = new("cmt_nano");
        string path = folder.File("model.onnx");
        Preprocessing preprocessing = exported.Model.Info.Preprocessing with { Resize = ResizeRule.None };
        OnnxExport.Write(path, exported.Model, new OnnxOptions { Preprocessing = preprocessing });
        (int height, int width) = (exported.Network.Height, exported.Network.Width);
        byte[] pixels = [.. Enumerable.Range(0, height * width * 3).Select(i => (byte)(i * 31 % 251))];
        using Plan plan = exported.Plan(1);
        preprocessing.Apply(new Image(width, height, 3, pixels), plan.Input("images"));
        plan.Run();
        Exported.AssertAgree(plan.Output("logits"), OnnxRuntime.Run(path, pixels, [1, height, width, 3]).Elements);
    }

    [Theory]
    [InlineData("cmt_nano")]
    [InlineData("resnet50")]
    [InlineData("crossformer_t")]
    [InlineData("pit_ti_distilled")]
    [InlineData("patchconvnet_s60")]
    public void Maps_of_stages_are_given_out_channels_first(string name)
    {
        using TemporaryFolder folder = new();
        using Exported exported = new(name);
        string path = folder.File("model.onnx");
        StageDescription[] stages = [exported.Network.Stages[0], .. exported.Network.Stages.Skip(1).TakeLast(1)];
        OnnxExport.Write(path, exported.Model, new OnnxOptions { Stages = [.. stages.Select(stage => stage.Name)] });
        using Plan plan = exported.Plan(2, stages);
        exported.AssertAgrees(path, plan, "logits");
        foreach (StageDescription stage in stages)
        {
            int[] shape = exported.AssertAgrees(path, plan, stage.Name);
            Assert.Equal([2, stage.Channels], shape[..2]);
        }
    }

    [Fact]
    public void A_network_without_a_head_gives_its_features()
    {
        using TemporaryFolder folder = new();
        using Exported exported = new("resnet50", classes: 0);
        string path = folder.File("model.onnx");
        OnnxExport.Write(path, exported.Model);
        using Plan plan = exported.Plan(2);
        Assert.Equal([2, exported.Network.Backbone.Channels], exported.AssertAgrees(path, plan, Backbone.Pooled));
    }

    /// <summary>The largest models take a while: they run where FOVEA_ONNX_ALL is 1.</summary>
    private static bool IsSmall(string name)
    {
        if (Environment.GetEnvironmentVariable("FOVEA_ONNX_ALL") == "1")
        {
            return true;
        }

        using ParameterStore state = new(ModelRegistry.Create(name));
        return state.ParameterCount <= MaxParameters;
    }

    /// <summary>A model with cheap weights, small images and ten classes.</summary>
    private sealed class Exported : IDisposable
    {
        private readonly WorkerPool _pool = new(1);

        public Exported(string name, int classes = 10)
        {
            Model = Model.Create(name, EveryModelTests.Small(name) with { Classes = classes });
            EveryModelTests.Fill(Model.Parameters);

            // Means around 0 instead of 1: otherwise nothing of the image gets through a deep network's rectifiers.
            foreach (Parameter tensor in Model.Parameters.Tensors.Where(IsMean).Select(entry => entry.Value))
            {
                foreach (ref float mean in tensor.Variable.Data)
                {
                    mean -= 1;
                }
            }
        }

        public Model Model { get; }

        public Network Network => Model.Network;

        public static void AssertAgree(ReadOnlySpan<float> wanted, float[] got)
        {
            Assert.Equal(wanted.Length, got.Length);
            double largest = 0;
            double difference = 0;
            for (int i = 0; i < got.Length; i++)
            {
                Assert.True(float.IsFinite(got[i]));
                largest = Math.Max(largest, Math.Abs(wanted[i]));
                difference = Math.Max(difference, Math.Abs(wanted[i] - got[i]));
            }

            Assert.NotEqual(0, largest);
            Assert.True(difference <= Tolerance * largest, $"the results, up to {largest:g3}, differ by {difference:g3}");
        }

        /// <summary>A plan with images in its input, that has run.</summary>
        public Plan Plan(int batch, params StageDescription[] stages)
        {
            ComputeGraph graph = InferenceGraph.Build(Network, batch);
            Array.ForEach(stages, stage => graph.Output(stage.Name, graph.Marks[stage.Name]));
            Plan plan = Fovea.Engine.Execution.Plan.Compile(graph, _pool);
            KeyedRandom random = new(7, 1);
            foreach (ref float value in plan.Input("images"))
            {
                value = (float)random.NextDouble(-2, 2);
            }

            plan.Run();
            return plan;
        }

        public void AssertAgrees(string path, int batch)
        {
            using Plan plan = Plan(batch);
            Assert.Equal([batch, 10], AssertAgrees(path, plan, "logits"));
        }

        public int[] AssertAgrees(string path, Plan plan, string output)
        {
            Shape images = plan.Graph.Inputs["images"].Shape;
            (float[] got, int[] shape) = OnnxRuntime.Run(
                path, ChannelsFirst(plan.Input("images"), images), [images[0], 3, images[1], images[2]], output);
            AssertAgree(ChannelsFirst(plan.Output(output), plan.Graph.Outputs[output].Shape), got);
            return shape;
        }

        public void Dispose()
        {
            Model.Dispose();
            _pool.Dispose();
        }

        private static bool IsMean(KeyValuePair<string, Parameter> entry) => entry.Key.EndsWith("running_mean", StringComparison.Ordinal);
    }

    /// <summary>A map (N, H, W, C) as (N, C, H, W), the order of maps in files; other values as they are.</summary>
    internal static float[] ChannelsFirst(ReadOnlySpan<float> value, Shape shape)
    {
        float[] result = value.ToArray();
        if (shape.Rank == 4)
        {
            (int channels, int places) = (shape[3], shape[1] * shape[2]);
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = value[(i / (channels * places) * channels * places) + (i % places * channels) + (i / places % channels)];
            }
        }

        return result;
    }
}
