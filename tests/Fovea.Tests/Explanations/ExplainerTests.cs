using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Explanations;
using Fovea.Models;

namespace Fovea.Tests.Explanations;

public sealed class ExplainerTests
{
    private static readonly ExplanationOptions _quick = new() { Steps = 2, Stride = 16 };

    [Theory]
    [InlineData("cmt_nano", ExplanationMethod.GradCam, "stage3")]
    [InlineData("patchconvnet_nano", ExplanationMethod.Attention, "stage1")]
    [InlineData("pit_nano", ExplanationMethod.Attention, "stage2_block1")]
    [InlineData("crossformer_nano", ExplanationMethod.GradCam, "stage3")]
    [InlineData("botnet_nano", ExplanationMethod.GradCam, "stage3")]
    [InlineData("resnet_nano", ExplanationMethod.GradCam, "stage3")]
    [InlineData("resnet_nano_attnpool", ExplanationMethod.Attention, "stage3")]
    public void Every_family_is_explained_by_every_method_that_applies(string name, ExplanationMethod usual, string map)
    {
        using Model model = Model.Create(name, seed: 1);
        using Explainer explainer = new(model);
        Assert.Equal(usual, explainer.DefaultMethod);
        Image image = ImageOf(1);
        foreach (ExplanationMethod method in explainer.Methods)
        {
            Explanation one = Assert.Single(explainer.Explain(image, _quick with { Method = method }));
            Assert.Equal(method, one.Method);
            Assert.Equal(one.Height * one.Width, one.Values.Length);
            Assert.All(one.Values.ToArray(), value => Assert.True(float.IsFinite(value)));
            Assert.Contains(one.Values.ToArray(), value => value != 0);
            if (method is ExplanationMethod.GradCam)
            {
                Assert.Equal(map, one.Layer);
            }
        }

        // What needs no attention applies everywhere.
        Assert.Equal(
            [
                ExplanationMethod.GradCam,
                ExplanationMethod.GradCamPlusPlus,
                ExplanationMethod.LayerCam,
                ExplanationMethod.IntegratedGradients,
                ExplanationMethod.Occlusion,
            ],
            explainer.Methods.TakeLast(5));
        foreach (ExplainableLayer layer in explainer.Layers.Where(layer => layer.IsAttention))
        {
            AttentionMaps maps = explainer.Attend(image, layer.Name);
            IEnumerable<Explanation> all = Enumerable.Range(0, maps.Queries.Height * maps.Queries.Width)
                .Select(cell => maps.OfCell(cell / maps.Queries.Width, cell % maps.Queries.Width, cell % maps.Heads))
                .Concat(Enumerable.Range(0, maps.Queries.ClassTokens).Select(token => maps.OfClassToken(token)))
                .Append(maps.Mean());
            Assert.All(all, one => Assert.Equal(1, one.Values.ToArray().Sum() + one.ClassTokenShare!.Value, 1e-5));
        }
    }

    [Fact]
    public void A_token_for_each_class_gives_a_map_for_each_class()
    {
        using Model model = Model.From(
            new Network(new PatchConvNet(PatchConvNet.Variants["patchconvnet_nano"] with { PerClass = true, Classes = 3 })), seed: 1);
        using Explainer explainer = new(model);
        Assert.Equal(ExplanationMethod.Classes, explainer.DefaultMethod);
        IReadOnlyList<Explanation> maps = explainer.Explain(ImageOf(1), new ExplanationOptions { Classes = ["class 0", "2"] });
        Assert.Equal(["class 0", "class 2"], maps.Select(map => map.Class));
        AttentionMaps attention = explainer.Attend(ImageOf(1));
        Assert.Equal(attention.OfClassToken(2).Values.ToArray(), maps[1].Values.ToArray());
        Assert.NotEqual(maps[0].Values.ToArray(), maps[1].Values.ToArray());
        Assert.All(maps, map => Assert.Equal(1, map.Values.ToArray().Sum(), 1e-5));

        // The tokens keep to the map: half of a rolled-out token is its own.
        Explanation rolled = Assert.Single(
            explainer.Explain(ImageOf(1), new ExplanationOptions { Method = ExplanationMethod.Rollout, Classes = ["2"] }));
        Assert.Equal(0.5, rolled.ClassTokenShare!.Value, 1e-5);
        Assert.Equal(0.5 * maps[1].Values.Span[5], rolled.Values.Span[5], 1e-6);
    }

    [Fact]
    public void Maps_are_the_same_bits_for_any_number_of_threads()
    {
        using Model model = Model.Create("pit_nano", seed: 1);
        float[][] one = All(1);
        float[][] three = All(3);
        Assert.Equal(one, three);

        float[][] All(int threads)
        {
            using WorkerPool pool = new(threads);
            using Explainer explainer = new(model, pool);
            return
            [
                .. explainer.Methods.SelectMany(method => explainer.Explain(ImageOf(2), _quick with { Method = method }))
                    .Select(map => map.Values.ToArray()),
            ];
        }
    }

    [Fact]
    public void A_map_lies_over_what_the_network_sees_of_the_image()
    {
        using Model model = Model.Create("cmt_nano", seed: 1);
        using Explainer explainer = new(model);
        Preprocessing preprocessing = explainer.Info.Preprocessing;
        Image wide = new(120, 60, 3, new byte[120 * 60 * 3]);
        Explanation map = explainer.Explain(wide)[0];
        double side = preprocessing.Resize == ResizeRule.ShorterSide && preprocessing.ResizeTo > 0
            ? 60.0 * preprocessing.Height / preprocessing.ResizeTo
            : 60;
        Assert.Equal(side, map.Region.Right - map.Region.Left, 2.0);
        Assert.Equal(60, (map.Region.Left + map.Region.Right) / 2, 2.0);

        ExplanationOptions attention = new() { Method = ExplanationMethod.Attention, Layer = "blocks_a.0.attn" };
        Explanation upper = explainer.Explain(wide, attention with { At = new ImagePoint(map.Region.Left + 1, map.Region.Top + 1) })[0];
        Assert.Equal(
            explainer.Attend(wide, attention.Layer).OfCell(0, 0).Values.ToArray(), upper.Values.ToArray());
        Assert.Throws<ExplanationException>(() => explainer.Explain(wide, attention with { At = new ImagePoint(5, 5) }));
    }

    [Fact]
    public void What_a_network_does_not_allow_is_an_error_that_names_what_it_does()
    {
        using Model model = Model.Create("cmt_nano", seed: 1);
        using Explainer explainer = new(model);
        Refuses(new() { Method = ExplanationMethod.Rollout }, "rollout", "grad-cam", "occlusion");
        Refuses(new() { Method = ExplanationMethod.Classes }, "classes", "attention");
        Refuses(new() { Layer = "stage8" }, "stage8", "stage3");
        Refuses(new() { Classes = ["unicorn"] }, "unicorn", "class 3");
        Refuses(new() { Classes = ["10"] }, "10");
        Refuses(new() { Method = ExplanationMethod.Attention, Head = 9 }, "9", "from 0 to 3");
        Refuses(new() { Method = ExplanationMethod.Attention, Layer = "stage3" }, "stage3", "blocks_c.1.attn");
        Refuses(new() { Head = 0 }, "grad-cam", "Head");
        Refuses(new() { Method = ExplanationMethod.IntegratedGradients, Steps = 0 }, "0 steps");
        using Model pooled = Model.Create("patchconvnet_nano", seed: 1);
        using Explainer tokens = new(pooled);
        Assert.Contains(
            "class token",
            Assert.Throws<ExplanationException>(() => tokens.Explain(ImageOf(1), new() { At = new ImagePoint(3, 3) })).Message,
            StringComparison.Ordinal);
        using Model headless = Model.Create("resnet_nano").WithHead(0);
        Assert.Throws<ArgumentException>(() => new Explainer(headless));

        void Refuses(ExplanationOptions options, params string[] words)
        {
            string message = Assert.Throws<ExplanationException>(() => explainer.Explain(ImageOf(1), options)).Message;
            Assert.All(words, word => Assert.Contains(word, message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Maps_follow_weights_that_were_changed()
    {
        using Model model = Model.Create("resnet_nano", seed: 1);
        using Explainer explainer = new(model);
        float[] before = explainer.Explain(ImageOf(1))[0].Values.ToArray();
        model.Parameters.Initialize(2);
        model.Refresh();
        float[] after = explainer.Explain(ImageOf(1))[0].Values.ToArray();
        using Model other = Model.Create("resnet_nano", seed: 2);
        using Explainer fresh = new(other);
        Assert.NotEqual(before, after);
        Assert.Equal(fresh.Explain(ImageOf(1))[0].Values.ToArray(), after);
    }

    internal static Image ImageOf(int seed, int width = 40, int height = 36)
    {
        byte[] pixels = new byte[width * height * 3];
        new Random(seed).NextBytes(pixels);
        return new Image(width, height, 3, pixels);
    }
}
