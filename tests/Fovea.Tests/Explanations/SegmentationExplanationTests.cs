using System.Numerics.Tensors;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Explanations;
using Fovea.Models;
using Fovea.Tests.Tasks;

namespace Fovea.Tests.Explanations;

public sealed class SegmentationExplanationTests
{
    // Not of a multiple of 32: padding lies right and below.
    private static readonly Image _image = FreshSegmenter.Image(90, 70);

    [Theory]
    [InlineData("semantic_fpn:resnet_nano")]
    [InlineData("upernet:cmt_nano")]
    public void The_explained_number_is_the_sum_of_a_classs_logits_over_the_pixels_that_are_predicted_as_it(string name)
    {
        using Model model = FreshSegmenter.Create(name);
        using TargetScores scores = TargetScores.Of(model, null, 1);
        using ExplainerPlans plans = new(model, scores, null, 1);
        ExplainedInput input = scores.Prepare(_image);
        ExplainedNetwork network = new(model, scores, input.Height, input.Width);
        Tensor<float> logits = model.Run(Tensor.Create(input.Values, [1, input.Height, input.Width, 3]));
        (int rows, int columns) = ((int)logits.Lengths[1], (int)logits.Lengths[2]);
        (double sum, Dictionary<int, int> counts) = (0, []);
        Target target = scores.Find(_image, input, new(), network, plans, CancellationToken.None);
        int explained = Assert.Single(target.Classes);
        for (int row = 0; row * input.Height < input.ImageHeight * rows; row++)
        {
            for (int column = 0; column * input.Width < input.ImageWidth * columns; column++)
            {
                int best = Enumerable.Range(0, 3).MaxBy(index => logits[0, row, column, index]);
                counts[best] = counts.GetValueOrDefault(best) + 1;
                sum += best == explained ? logits[0, row, column, best] : 0;
            }
        }

        Assert.Equal(counts.MaxBy(pair => pair.Value).Key, explained);
        float got = plans.ScoresOf(input.Values, (input.Height, input.Width), target, CancellationToken.None)[explained];
        Assert.Equal(sum, got, 1e-4 * Math.Max(1, Math.Abs(sum)));
        using Plan plan = DetectionExplanationTests.RowScores(scores, input);
        DetectionExplanationTests.DerivativesAgree(plans, plan, input, target);

        Target pixel = scores.Find(_image, input, new() { At = new(89, 69), Classes = ["2"] }, network, plans, CancellationToken.None);
        ImagePoint at = pixel.Pixel!.Value;
        (int y, int x) = input.Region.CellOf(at, rows, columns)!.Value;
        got = plans.ScoresOf(input.Values, (input.Height, input.Width), pixel, CancellationToken.None)[2];
        Assert.Equal(logits[0, y, x, 2], got, 1e-4 * Math.Max(1, Math.Abs(got)));
    }

    [Fact]
    public void A_class_or_a_pixel_is_explained_by_every_method_that_applies()
    {
        using Model model = FreshSegmenter.Create("semantic_fpn:cmt_nano");
        using Explainer explainer = new(model);
        Assert.Equal((VisionTask.Segmentation, ExplanationMethod.LayerCam), (explainer.Task, explainer.DefaultMethod));
        foreach (ExplanationMethod method in explainer.Methods)
        {
            foreach (ImagePoint? at in (ImagePoint?[])[null, new ImagePoint(20, 30)])
            {
                Explanation map = Assert.Single(explainer.Explain(_image, new() { Method = method, At = at, Steps = 2, Stride = 48 }));
                Assert.Equal((at, method == ExplanationMethod.Attention), (map.Query, map.Class is null));
                Assert.All(map.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
                Assert.Contains(map.Values.ToArray(), value => value != 0);
                Assert.Null(map.Detection);
            }
        }

        Assert.Equal(6, explainer.Methods.Count);
    }

    [Fact]
    public void Nothing_outside_a_pixels_field_of_view_is_on_its_map()
    {
        using Model model = PooledBackbone.With(backbone => new SemanticFpn(backbone, 2, FreshSegmenter.Options));
        using Explainer explainer = new(model);
        ExplanationOptions options = new() { Method = ExplanationMethod.IntegratedGradients, At = new(20, 40), Steps = 2 };
        Explanation map = explainer.Explain(ExplainerTests.ImageOf(3, 96, 96), options)[0];

        // Normalisation by running statistics looks at nothing else; 3×3 convolutions twice, on positions of up to 8 pixels.
        (int inside, int outside) = (0, 0);
        for (int i = 0; i < map.Values.Length; i++)
        {
            bool isFar = Math.Abs((i % 96) - 20) > 40 || Math.Abs((i / 96) - 40) > 40;
            _ = map.Values.Span[i] == 0 ? 0 : isFar ? outside++ : inside++;
        }

        Assert.Equal(0, outside);
        Assert.True(inside > 16);
    }

    [Fact]
    public void A_class_that_is_nowhere_and_a_pixel_that_is_not_there_are_errors_that_say_what_is()
    {
        using Model model = PooledBackbone.With(backbone => new SemanticFpn(backbone, 2, FreshSegmenter.Options));
        foreach (string key in model.Parameters.Tensors.Keys.Where(key => key.StartsWith("decode_head.conv_seg", StringComparison.Ordinal)))
        {
            Span<float> values = model.Parameters.Tensors[key].Variable.Data;
            values.Clear();
            values[^1] = key.EndsWith("bias", StringComparison.Ordinal) ? 1 : 0;
        }

        using Explainer explainer = new(model);
        DetectionExplanationTests.Refuses(explainer, new() { Classes = ["cell"] }, "No pixel", "cell", "spot");
        DetectionExplanationTests.Refuses(explainer, new() { At = new(63, 63) }, "63,63", "up to");
        DetectionExplanationTests.Refuses(explainer, new() { Detection = 0 }, "no objects");
        Assert.Equal("spot", explainer.Explain(_image)[0].Class);
    }
}
