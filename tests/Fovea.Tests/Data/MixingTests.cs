using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>Mixup and CutMix of batches.</summary>
public sealed class MixingTests
{
    private const int Height = 10;
    private const int Width = 8;

    private static readonly Preprocessing _input = new()
    {
        Height = Height,
        Width = Width,
        Channels = 1,
        Resize = ResizeRule.Exact,
        Mean = [0],
        StandardDeviation = [1],
    };

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.2)]
    [InlineData(0.8)]
    [InlineData(1)]
    [InlineData(3)]
    public void Weights_have_the_moments_of_the_beta_distribution(double alpha)
    {
        KeyedRandom random = new(1, 2, 3);
        double[] draws = [.. Enumerable.Range(0, 20000).Select(_ => random.NextBeta(alpha))];
        Assert.All(draws, draw => Assert.InRange(draw, 0, 1));
        Assert.Equal(0.5, draws.Average(), 0.01);
        Assert.Equal(1 / (4 * ((2 * alpha) + 1)), draws.Average(draw => (draw - 0.5) * (draw - 0.5)), 0.004);
    }

    [Fact]
    public void Beta_of_one_is_even()
    {
        KeyedRandom random = new(4, 2, 3);
        int[] counts = new int[10];
        for (int i = 0; i < 20000; i++)
        {
            counts[(int)(random.NextBeta(1) * 10)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 1850, 2150));
    }

    [Fact]
    public void Mixup_adds_the_image_and_target_that_stand_opposite()
    {
        Batch batch = Start(4);
        BatchMixing.Mix(batch, new MixingDraw(0.75f));
        for (int row = 0; row < 4; row++)
        {
            Assert.All(batch["images"].FloatRow(row).ToArray(), value => Assert.Equal((0.75f * row) + (0.25f * (3 - row)), value, 6));
            Assert.Equal(0.75f, batch["distribution"].FloatRow(row)[row], 6);
            Assert.Equal(0.25f, batch["distribution"].FloatRow(row)[3 - row], 6);
        }
    }

    [Fact]
    public void CutMix_takes_a_window_and_the_targets_by_its_area()
    {
        Batch batch = Start(4);
        BatchMixing.Mix(batch, MixingDraw.CutMix(Width, Height, new RandomCrop(2, 1, 5, 4)));
        for (int row = 0; row < 4; row++)
        {
            ReadOnlySpan<float> image = batch["images"].FloatRow(row);
            for (int i = 0; i < image.Length; i++)
            {
                bool inside = i % Width is >= 2 and < 7 && i / Width is >= 1 and < 5;
                Assert.Equal(inside ? 3 - row : row, image[i]);
            }

            Assert.Equal(0.75f, batch["distribution"].FloatRow(row)[row], 6);
            Assert.Equal(0.25f, batch["distribution"].FloatRow(row)[3 - row], 6);
        }
    }

    [Fact]
    public void A_batch_shares_one_weight_and_elements_have_their_own()
    {
        Assert.Single(Weights(new Mixing { MixupAlpha = 1 }, 0).Distinct());
        Assert.Equal(6, Weights(new Mixing { MixupAlpha = 1, Mode = MixingMode.Element }, 0).Distinct().Count());
    }

    [Theory]
    [InlineData(MixingMode.Batch)]
    [InlineData(MixingMode.Element)]
    public void Images_are_mixed_and_cut_as_often_as_asked(MixingMode mode)
    {
        Mixing options = new() { MixupAlpha = 1, CutMixAlpha = 1, Probability = 0.6, SwitchProbability = 0.25, Mode = mode };
        KeyedRandom random = new(1, 2, 3);
        Batch batch = Start(6);
        MixingDraw[] draws = [.. Enumerable.Range(0, 4000).Select(_ => MixingDraw.Take(options, batch, ref random))];
        Assert.Equal(0.4, draws.Count(draw => draw == new MixingDraw(1)) / 4000.0, 0.03);
        Assert.Equal(0.15, draws.Count(draw => draw.Box is not null) / 4000.0, 0.02);
    }

    [Fact]
    public void The_window_of_CutMix_has_the_image_s_proportions_and_lies_in_it()
    {
        KeyedRandom random = new(1, 2, 3);
        Batch batch = new(2, [new BatchField("images", BatchElement.Float32, 60, 30, 1)]);
        int whole = 0;
        double[] centres = new double[2];
        for (int i = 0; i < 3000; i++)
        {
            MixingDraw draw = MixingDraw.Take(new Mixing { CutMixAlpha = 1 }, batch, ref random);
            RandomCrop box = draw.Box!.Value;
            Assert.InRange(box.Left, 0, 30 - box.Width);
            Assert.InRange(box.Top, 0, 60 - box.Height);
            Assert.Equal(1 - (box.Width * box.Height / 1800f), draw.Share, 6);
            centres[0] += (box.Left + (box.Width / 2.0)) / 3000;
            centres[1] += (box.Top + (box.Height / 2.0)) / 3000;

            // A box that touches no border is uncut.
            if (box.Left > 0 && box.Top > 0 && box.Left + box.Width < 30 && box.Top + box.Height < 60)
            {
                Assert.InRange(box.Height - (2 * box.Width), -2, 4);
                whole++;
            }
        }

        // A sixth in expectation.
        Assert.InRange(whole, 400, 600);
        Assert.Equal(14.5, centres[0], 1.0);
        Assert.Equal(29.5, centres[1], 2.0);
    }

    [Fact]
    public void The_last_epochs_are_plain()
    {
        Mixing options = new() { MixupAlpha = 1, PlainEpochs = 2 };
        Assert.All(Weights(options, epoch: 7), weight => Assert.NotEqual(1, weight));
        Assert.All(Weights(options, epoch: 8), weight => Assert.Equal(1, weight));
        Assert.All(Weights(options, epoch: 9), weight => Assert.Equal(1, weight));
    }

    [Fact]
    public void The_middle_of_an_odd_batch_and_its_empty_rows_stay_as_they_are()
    {
        Batch batch = Start(6);
        batch.Count = 5;
        batch.ClearFrom(5);
        BatchMixing.Mix(batch, new MixingDraw(0.5f));
        Assert.Equal([2, 2, 2, 2, 2, 0], Enumerable.Range(0, 6).Select(row => batch["images"].FloatRow(row)[0]));
        Assert.Equal([0, 0, 1, 0, 0, 0], batch["distribution"].FloatRow(2).ToArray());
        Assert.All(batch["distribution"].FloatRow(5).ToArray(), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Class_indices_are_refused_with_a_way_out()
    {
        Batch batch = new(2, new LabelLayout(_input).Fields);
        KeyedRandom random = new(1, 2, 3);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(
            () => new BatchMixing(new Mixing { MixupAlpha = 1 }, 1).Apply(batch, ref random));
        Assert.Contains("'labels'", error.Message, StringComparison.Ordinal);
        Assert.Contains("DistributionLayout", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MixingMode.Batch)]
    [InlineData(MixingMode.Element)]
    public void Mixed_batches_are_the_same_bits_for_any_number_of_threads_and_any_start(MixingMode mode)
    {
        Mixing mixing = new() { MixupAlpha = 0.8, CutMixAlpha = 1, Mode = mode, Probability = 0.8 };
        DataLoaderOptions options = new()
        {
            BatchSize = 6,
            Seed = 3,
            Layout = new DistributionLayout(_input, 2),
            BatchTransforms = [new BatchMixing(mixing, 10)],
            Augmentation = new Augmentation { RandAugment = new RandAugment(), Repeats = 2 },
        };
        string[] expected = Digests(options, first: 0);
        Assert.Equal(6, expected.Length);
        Assert.Equal(expected, Digests(options with { Threads = 3, Prefetch = 2 }, first: 0));
        Assert.Equal(expected[4..], Digests(options with { Threads = 3 }, first: 4));
        Assert.NotEqual(expected, Digests(options with { Seed = 4 }, first: 0));
    }

    private static string[] Digests(DataLoaderOptions options, int first)
    {
        using DataLoader loader = new(new MadeDataset(36), _input, options);
        return
        [
            .. loader.Epoch(2, first).Select(batch => TestData.Digest(
                [
                    .. System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Images.AsSpan()),
                    .. System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch["distribution"].Floats.AsSpan()),
                ])),
        ];
    }

    /// <summary>Weight of each row's own target after mixing.</summary>
    private static float[] Weights(Mixing options, int epoch)
    {
        Batch batch = Start(6);
        batch.Epoch = epoch;
        KeyedRandom random = new(1, 2, 3);
        new BatchMixing(options, 10).Apply(batch, ref random);
        return [.. Enumerable.Range(0, 6).Select(row => batch["distribution"].FloatRow(row)[row])];
    }

    /// <summary>A batch whose images hold their row's number, each of a class of its own.</summary>
    private static Batch Start(int size)
    {
        Batch batch = new(size, new DistributionLayout(_input, size).Fields) { Count = size };
        for (int row = 0; row < size; row++)
        {
            batch["images"].FloatRow(row).Fill(row);
            batch["distribution"].FloatRow(row)[row] = 1;
        }

        return batch;
    }
}
