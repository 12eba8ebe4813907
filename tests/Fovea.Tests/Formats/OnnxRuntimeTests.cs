using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats.Onnx;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Tests.Models;

namespace Fovea.Tests.Formats;

/// <summary>Holds exported files against Fovea itself: ONNX Runtime computes the same logits from them.</summary>
public sealed class OnnxRuntimeTests(OnnxRuntime runtime) : IClassFixture<OnnxRuntime>
{
    private const double Tolerance = 1e-4;
    private const long MaxParameters = 40_000_000;

    public static TheoryData<string> Names => [.. ModelRegistry.Names.Where(IsSmall)];

    [OnnxRuntimeTheory]
    [MemberData(nameof(Names))]
    public void Every_model_gives_the_same_logits_at_batch_1_and_3(string name)
    {
        using TemporaryFolder folder = new();
        using Exported exported = new(name);
        string path = folder.File("model.onnx");
        OnnxExport.Write(path, exported.Info, exported.Network);
        exported.AssertAgrees(runtime, path, 3);
        exported.AssertAgrees(runtime, path, 1);
    }

    [OnnxRuntimeTheory]
    [InlineData("cmt_ti", 18)]
    [InlineData("botnet50", 20)]
    [InlineData("cmt_ti_flyegle", 21)]
    public void Newer_operators_give_the_same_logits(string name, int opset)
    {
        using TemporaryFolder folder = new();
        using Exported exported = new(name);
        string path = folder.File("model.onnx");
        OnnxExport.Write(path, exported.Info, exported.Network, new OnnxOptions { Opset = opset });
        exported.AssertAgrees(runtime, path, 2);
    }

    [OnnxRuntimeFact]
    public void Weights_in_a_file_of_their_own_give_the_same_logits()
    {
        using TemporaryFolder folder = new();
        using Exported exported = new("cmt_nano");
        string path = folder.File("model.onnx");
        OnnxExport.Write(path, exported.Info, exported.Network, new OnnxOptions { MaxBytesInside = 1000 });
        Assert.True(File.Exists(path + ".data"));
        exported.AssertAgrees(runtime, path, 2);
    }

    [OnnxRuntimeFact]
    public void With_preprocessing_bytes_of_images_give_the_logits_of_the_prepared_images()
    {
        using TemporaryFolder folder = new();
        using Exported exported = new("cmt_nano");
        string path = folder.File("model.onnx");
        OnnxExport.Write(path, exported.Info, exported.Network, new OnnxOptions { Preprocessing = exported.Info.Preprocessing });
        (int height, int width) = (exported.Network.Height, exported.Network.Width);
        byte[] pixels = [.. Enumerable.Range(0, height * width * 3).Select(i => (byte)(i * 31 % 251))];
        using Plan plan = exported.Plan(1);
        exported.Info.Preprocessing.Apply(new Image(width, height, 3, pixels), plan.Input("images"));
        plan.Run();
        Exported.AssertAgree(plan.Output("logits"), runtime.Run(path, pixels, 1, height, width, 3).Elements);
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
        private readonly ParameterStore _state;

        public Exported(string name)
        {
            ModelOptions options = EveryModelTests.Small(name);
            Network = ModelRegistry.Create(name, options);
            _state = new ParameterStore(Network);
            EveryModelTests.Fill(_state);
            Preprocessing preprocessing = new() { Height = Network.Height, Width = Network.Width, Resize = ResizeRule.None };
            Info = new ModelInfo(name, options, [.. Enumerable.Range(0, 10).Select(i => $"class {i}")], preprocessing);
        }

        public Network Network { get; }

        public ModelInfo Info { get; }

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
            Assert.True(difference <= Tolerance * largest, $"the logits, up to {largest:g3}, differ by {difference:g3}");
        }

        public Plan Plan(int batch) => ModelPlans.Inference(Network, _pool, batch, Network.Height, Network.Width);

        public void AssertAgrees(OnnxRuntime runtime, string path, int batch)
        {
            using Plan plan = Plan(batch);
            plan.Run();
            float[] images = ChannelsFirst(plan.Input("images"), batch);
            (float[] logits, int[] shape) = runtime.Run(path, images, batch, 3, Network.Height, Network.Width);
            Assert.Equal([batch, 10], shape);
            AssertAgree(plan.Output("logits"), logits);
        }

        public void Dispose()
        {
            _state.Dispose();
            _pool.Dispose();
        }

        private float[] ChannelsFirst(ReadOnlySpan<float> images, int batch)
        {
            int pixels = Network.Height * Network.Width;
            float[] result = new float[images.Length];
            for (int i = 0; i < result.Length; i++)
            {
                (int image, int place) = Math.DivRem(i, 3 * pixels);
                result[i] = images[(((image * pixels) + (place % pixels)) * 3) + (place / pixels)];
            }

            return result;
        }
    }
}
