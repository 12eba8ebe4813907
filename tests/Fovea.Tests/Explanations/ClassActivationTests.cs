using System.Numerics.Tensors;
using Fovea.Data;
using Fovea.Explanations;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Tests.Explanations;

public sealed class ClassActivationTests
{
    // Two positions of two channels.
    private static readonly float[] _map = [1, 2, 3, -1];
    private static readonly float[] _gradient = [0.5f, -1, 0.25f, 2];

    [Fact]
    public void Grad_cam_weights_each_channel_by_its_mean_gradient_and_keeps_what_is_positive() =>
        Equal([(0.375f * 1) + (0.5f * 2), (0.375f * 3) - 0.5f], ClassActivation.GradCam(_map, _gradient, 2));

    [Fact]
    public void Grad_cam_plus_plus_weights_each_channel_by_its_positive_gradients()
    {
        // α = g²/(2g² + g³·ΣA) = 1/(2 + g·ΣA), with ΣA of 4 and 1.
        float first = (0.5f / (2 + (0.5f * 4))) + (0.25f / (2 + (0.25f * 4)));
        float second = 2 / (2 + (2f * 1));
        Equal([first + (2 * second), (3 * first) - second], ClassActivation.GradCamPlusPlus(_map, _gradient, 2));
    }

    [Fact]
    public void Layer_cam_weights_each_position_by_its_own_positive_gradient() =>
        Equal([0.5f, 0], ClassActivation.LayerCam(_map, _gradient, 2));

    [Fact]
    public void Behind_a_mean_and_a_linear_layer_grad_cam_is_the_class_activation_map()
    {
        using Model model = Model.Create("resnet_nano", seed: 1);
        using Explainer explainer = new(model);
        using FeatureExtractor features = new(model, ["stage3"]);
        Image image = ExplainerTests.ImageOf(1);
        Tensor<float> map = features.Extract(image)["stage3"];
        (int height, int width, int channels) = ((int)map.Lengths[0], (int)map.Lengths[1], (int)map.Lengths[2]);
        float[] values = new float[map.FlattenedLength];
        map.FlattenTo(values);
        ReadOnlySpan<float> weights = model.Parameters.Tensors["fc.weight"].Variable.Data.Slice(4 * channels, channels);
        float[] expected = new float[height * width];
        for (int i = 0; i < values.Length; i++)
        {
            expected[i / channels] += weights[i % channels] * values[i] / (height * width);
        }

        Explanation got = Assert.Single(explainer.Explain(image, new ExplanationOptions { Classes = ["4"] }));
        Assert.Equal((height, width, "class 4", "stage3"), (got.Height, got.Width, got.Class, got.Layer));
        Equal([.. expected.Select(value => Math.Max(value, 0))], got.Values.ToArray());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("stem")]
    [InlineData("stage1")]
    public void Integrated_gradients_sum_to_the_score_that_the_image_adds_to_a_blank_one(string? layer)
    {
        using Model model = Model.Create("pit_nano", seed: 1);
        using Explainer explainer = new(model);
        Image image = ExplainerTests.ImageOf(1);
        Preprocessing preprocessing = explainer.Info.Preprocessing;
        Tensor<float> prepared = Tensor.CreateFromShape<float>([1, preprocessing.Height, preprocessing.Width, 3]);
        float blank = model.Run(prepared)[0, 2];
        float[] values = new float[preprocessing.Length];
        preprocessing.Apply(image, values);
        float whole = model.Run(Tensor.Create(values, prepared.Lengths))[0, 2];
        ExplanationOptions options = new()
        {
            Method = ExplanationMethod.IntegratedGradients,
            Classes = ["2"],
            Layer = layer,
            Steps = 40,
        };
        Explanation map = Assert.Single(explainer.Explain(image, options));
        Assert.Equal(layer is null ? preprocessing.Height : 7, map.Height);

        // A class token takes its own way past the stage: what passes there is not all.
        double sum = map.Values.ToArray().Sum(value => (double)value);
        if (layer != "stage1")
        {
            Assert.Equal(whole - blank, sum, 0.02 * Math.Max(Math.Abs(whole - blank), 0.1));
        }
    }

    [Fact]
    public void Occlusion_tells_the_score_that_a_blank_window_costs()
    {
        using Model model = Model.Create("resnet_nano", seed: 1);
        using Explainer explainer = new(model);
        Image image = ExplainerTests.ImageOf(1);
        Preprocessing preprocessing = explainer.Info.Preprocessing;
        ExplanationOptions options = new() { Method = ExplanationMethod.Occlusion, Classes = ["1", "3"], Stride = 8, Window = 8 };
        IReadOnlyList<Explanation> maps = explainer.Explain(image, options);
        Assert.All(maps, map => Assert.Equal((4, 4), (map.Height, map.Width)));
        float[] values = new float[preprocessing.Length];
        preprocessing.Apply(image, values);
        float[] blanked = [.. values];
        for (int y = 8; y < 16; y++)
        {
            blanked.AsSpan(((y * 32) + 24) * 3, 8 * 3).Clear();
        }

        Tensor<float> whole = model.Run(Tensor.Create(values, [1, 32, 32, 3]));
        Tensor<float> left = model.Run(Tensor.Create(blanked, [1, 32, 32, 3]));
        Assert.Equal(whole[0, 1] - left[0, 1], maps[0].Values.Span[(1 * 4) + 3], 1e-4);
        Assert.Equal(whole[0, 3] - left[0, 3], maps[1].Values.Span[(1 * 4) + 3], 1e-4);

        // The windows of a layer are its cells.
        Explanation ofLayer = explainer.Explain(image, new() { Method = ExplanationMethod.Occlusion, Layer = "stage3" })[0];
        Assert.Equal(("stage3", 8), (ofLayer.Layer, 2 * ofLayer.Height == 8 ? 8 : ofLayer.Height));
    }

    private static void Equal(float[] expected, float[] got)
    {
        Assert.Equal(expected.Length, got.Length);
        float largest = expected.Max(Math.Abs);
        Assert.All(expected.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 1e-5 * largest));
    }
}
