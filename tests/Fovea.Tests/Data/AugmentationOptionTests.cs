using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Training;

namespace Fovea.Tests.Data;

/// <summary>Options of augmentation and mixing: their JSON, their checks, and the chain that they stand for.</summary>
public sealed class AugmentationOptionTests
{
    private static readonly Augmentation _everything = new()
    {
        CropPadding = 4,
        CropBorder = BorderMode.Reflect,
        RandAugment = new RandAugment
        {
            Magnitude = 7,
            MagnitudeDeviation = double.PositiveInfinity,
            Interpolation = Interpolation.Nearest,
            Fill = new Rgb(1, 2, 3),
        },
        ColorJitter = new ColorJitter { Brightness = 0.4, Hue = 0.1 },
        GreyscaleProbability = 0.2,
        GaussianBlur = new GaussianBlur { Probability = 0.1 },
        Erasing = new RandomErasing(0.3) { Fill = ErasingFill.Pixel, MaxCount = 2 },
        Repeats = 3,
    };

    [Fact]
    public void Every_option_survives_json()
    {
        TrainingOptions options = new()
        {
            Augmentation = _everything,
            Mixing = new Mixing { MixupAlpha = 0.8, CutMixAlpha = 1, Mode = MixingMode.Element, PlainEpochs = 3 },
        };
        TrainingOptions read = TrainingOptions.FromJson(options.ToJson(), "config.json");
        Assert.Equal(options.Augmentation, read.Augmentation);
        Assert.Equal(options.Mixing, read.Mixing);
        foreach (Augmentation policy in new Augmentation[]
        {
            new() { AutoAugment = new AutoAugment { Policy = AutoAugmentPolicy.Cifar10, Fill = new Rgb(3, 2, 1) } },
            new() { TrivialAugment = new TrivialAugment { Interpolation = Interpolation.Bilinear } },
            new() { ThreeAugment = new ThreeAugment { SolarizeThreshold = 100 } },
        })
        {
            Assert.Equal(policy, TrainingOptions.FromJson((options with { Augmentation = policy }).ToJson(), "config.json").Augmentation);
        }
    }

    [Fact]
    public void Enumerations_are_words()
    {
        string json = new TrainingOptions { Augmentation = _everything, Mixing = new Mixing { MixupAlpha = 1 } }.ToJson().ToJsonString();
        Assert.Contains("\"cropBorder\":\"reflect\"", json, StringComparison.Ordinal);
        Assert.Contains("\"interpolation\":\"nearest\"", json, StringComparison.Ordinal);
        Assert.Contains("\"fill\":\"pixel\"", json, StringComparison.Ordinal);
        Assert.Contains("\"mode\":\"batch\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_that_a_file_leaves_out_have_their_defaults()
    {
        const string Json = """
            {
              "augmentation": {
                "randAugment": { "magnitude": 5 },
                "colorJitter": { "hue": 0.2 },
                "gaussianBlur": {},
                "erasing": { "fill": "pixel" }
              },
              "mixing": { "cutMixAlpha": 1 }
            }
            """;
        TrainingOptions options = TrainingOptions.FromJson(JsonNode.Parse(Json)!.AsObject(), "config.json");
        Assert.Equal(
            new Augmentation
            {
                RandAugment = new RandAugment { Magnitude = 5 },
                ColorJitter = new ColorJitter { Hue = 0.2 },
                GaussianBlur = new GaussianBlur(),
                Erasing = new RandomErasing { Fill = ErasingFill.Pixel },
            },
            options.Augmentation);
        Assert.Equal(new Mixing { CutMixAlpha = 1 }, options.Mixing);
    }

    [Theory]
    [InlineData("{\"randAugment\": {\"magnitude\": 11}}", "RandAugment.Magnitude")]
    [InlineData("{\"randAugment\": {\"probability\": 2}}", "RandAugment.Probability")]
    [InlineData("{\"randAugment\": {}, \"trivialAugment\": {}}", "only one of RandAugment and TrivialAugment")]
    [InlineData("{\"autoAugment\": {\"policy\": \"svhn\"}}", "autoAugment.policy")]
    [InlineData("{\"threeAugment\": {\"maxRadius\": 0}}", "ThreeAugment.MaxRadius")]
    [InlineData("{\"colorJitter\": {\"hue\": 0.6}}", "ColorJitter.Hue")]
    [InlineData("{\"gaussianBlur\": {\"minRadius\": -1}}", "GaussianBlur.MinRadius")]
    [InlineData("{\"erasing\": {\"maxArea\": 0.01}}", "RandomErasing.MaxArea")]
    [InlineData("{\"erasing\": {}, \"erasingProbability\": 0.1}", "ErasingProbability")]
    [InlineData("{\"repeats\": 0}", "Augmentation.Repeats")]
    [InlineData("{\"greyscaleProbability\": 7}", "Augmentation.GreyscaleProbability")]
    [InlineData("{\"cropBorder\": 1}", "augmentation.cropBorder")]
    public void Options_that_make_no_sense_are_refused_by_name(string augmentation, string named)
    {
        JsonObject json = new() { ["augmentation"] = JsonNode.Parse(augmentation) };
        Exception error = Assert.ThrowsAny<Exception>(() => TrainingOptions.FromJson(json, "config.json"));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "Mixing.MixupAlpha or Mixing.CutMixAlpha")]
    [InlineData("{\"mixupAlpha\": -1}", "Mixing.MixupAlpha")]
    [InlineData("{\"mixupAlpha\": 1, \"switchProbability\": 1.5}", "Mixing.SwitchProbability")]
    [InlineData("{\"mixupAlpha\": 1, \"plainEpochs\": -1}", "Mixing.PlainEpochs")]
    public void Mixing_that_makes_no_sense_is_refused_by_name(string mixing, string named)
    {
        JsonObject json = new() { ["mixing"] = JsonNode.Parse(mixing) };
        Exception error = Assert.ThrowsAny<Exception>(() => TrainingOptions.FromJson(json, "config.json"));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_chain_has_timm_s_order()
    {
        Preprocessing input = new();
        string[] names = [.. _everything.Chain(input, new HorizontalFlip(0)).Select(transform => transform.GetType().Name)];
        Assert.Equal(
            [
                nameof(ResizeAndCrop), nameof(PaddingCrop), nameof(HorizontalFlip), nameof(RandAugment), nameof(ColorJitter),
                nameof(Greyscale), nameof(GaussianBlur), nameof(HorizontalFlip), nameof(Normalize), nameof(RandomErasing),
            ],
            names);
    }

    [Fact]
    public void RandAugment_takes_filter_and_colour_from_the_preprocessing_where_it_names_none()
    {
        Preprocessing input = new() { Interpolation = Interpolation.Bilinear };
        RandAugment completed = new Augmentation { RandAugment = new RandAugment() }.Chain(input).OfType<RandAugment>().Single();
        Assert.Equal(new RandAugment { Interpolation = Interpolation.Bilinear, Fill = new Rgb(124, 116, 104) }, completed);
        Assert.Equal(_everything.RandAugment, _everything.Chain(input).OfType<RandAugment>().Single());
    }

    [Fact]
    public void A_run_mixes_by_its_options_behind_the_transforms_of_its_own()
    {
        TrainingOptions options = new() { Mixing = new Mixing { MixupAlpha = 0.2 }, BatchTransforms = [new Mixup()] };
        DataLoaderOptions loader = options.ForLoader(new DistributionLayout(new Preprocessing(), 2), new UnreadableImages(), 1);
        Assert.Equal([typeof(Mixup), typeof(BatchMixing)], loader.BatchTransforms.Select(transform => transform.GetType()));
    }
}
