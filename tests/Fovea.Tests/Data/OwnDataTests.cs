using Fovea.Data;
using Fovea.Engine;

namespace Fovea.Tests.Data;

/// <summary>Data sets, targets, layouts and transforms that a user writes.</summary>
public sealed class OwnDataTests
{
    private static readonly Preprocessing _input = new()
    {
        Height = 7,
        Width = 8,
        Channels = 1,
        Resize = ResizeRule.None,
        Mean = [0],
        StandardDeviation = [1],
    };

    [Fact]
    public void An_own_augmentation_is_a_class_of_one_method()
    {
        DataLoaderOptions options = new()
        {
            BatchSize = 4,
            Shuffle = false,
            Transforms = [new Negative()],
            Augmentation = new Augmentation { ErasingProbability = 0 },
        };
        using DataLoader loader = new(new MadeDataset(4), _input, options);
        Batch batch = loader.Epoch(0).Single();
        Assert.Equal([1, 254 / 255f, 253 / 255f, 252 / 255f], Enumerable.Range(0, 4).Select(row => batch.Images[row * 56]));
        Assert.Equal([0, 1, 0, 1], batch.Labels);
    }

    [Fact]
    public void Boxes_reach_a_layout_of_ones_own_through_flips_and_crops()
    {
        DataLoaderOptions options = new()
        {
            BatchSize = 3,
            Shuffle = false,
            LastBatch = LastBatch.Pad,
            Layout = new BoxLayout(),
            Augmentation = new Augmentation { FlipProbability = 1, CropPadding = 0 },
        };
        using DataLoader loader = new(new Boxed(), _input, options);
        List<float[]> boxes = [];
        foreach (Batch batch in loader.Epoch(0))
        {
            boxes.AddRange(Enumerable.Range(0, batch.Count).Select(row => batch["boxes"].FloatRow(row).ToArray()));
            Assert.Equal(batch.Count == 3 ? [1, 1, 1] : [1, -1, -1], batch["counts"].Integers);
            Assert.All(batch["boxes"].Floats.Skip(batch.Count * 4), value => Assert.Equal(0, value));
        }

        Assert.Equal([[6, 0, 8, 3], [5, 0, 7, 3], [4, 0, 6, 3], [3, 0, 5, 3]], boxes);
    }

    [Fact]
    public void Mixup_of_distributions_is_the_same_bits_for_any_number_of_threads_and_keeps_their_sum()
    {
        DataLoaderOptions options = new()
        {
            BatchSize = 6,
            Seed = 3,
            Layout = new DistributionLayout(_input, 2),
            BatchTransforms = [new Mixup()],
        };
        float[][] expected = Targets(options);
        Assert.Equal(expected, Targets(options with { Threads = 3, Prefetch = 2 }));
        Assert.NotEqual(expected, Targets(options with { Seed = 4 }));
        Assert.Contains(expected, target => target.Any(share => share is > 0 and < 1));
        Assert.All(expected, target =>
        {
            for (int row = 0; row < 6; row++)
            {
                Assert.Equal(1, target[2 * row] + target[(2 * row) + 1], 6);
            }
        });
    }

    [Fact]
    public void A_transform_that_fails_is_named_by_its_image_or_batch()
    {
        DataLoaderOptions options = new() { BatchSize = 4, Shuffle = false, Transforms = [new Failing()] };
        using DataLoader sample = new(new MadeDataset(8), _input, options);
        InvalidImageException imageError = Assert.Throws<InvalidImageException>(() => sample.Epoch(0).Count());
        Assert.Contains("image 0: the image cannot be prepared. It fails", imageError.Message, StringComparison.Ordinal);

        options = new DataLoaderOptions { BatchSize = 4, BatchTransforms = [new Failing()] };
        using DataLoader batch = new(new MadeDataset(8), _input, options);
        UnusableDataException batchError = Assert.Throws<UnusableDataException>(() => batch.Epoch(0).Count());
        Assert.Contains("batch 0 failed. It fails", batchError.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_without_normalisation_or_of_another_size_is_refused_in_words()
    {
        (ISampleTransform[] Chain, string Words)[] cases =
        [
            ([], "not normalised"),
            ([new Normalize(_input), new Normalize(_input)], "is normalised"),
            ([new Smaller(), new Normalize(_input)], "gave 3×3×1 numbers, but the batch takes 7×8×1"),
        ];
        foreach ((ISampleTransform[] chain, string words) in cases)
        {
            using DataLoader loader = new(new MadeDataset(8), _input, new DataLoaderOptions { BatchSize = 4, Chain = chain });
            Assert.Contains(words, Assert.Throws<InvalidImageException>(() => loader.Epoch(0).Count()).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_name_or_type_that_a_batch_does_not_have_is_an_error_that_names_what_there_is()
    {
        Batch batch = new(2, new LabelLayout(_input).Fields);
        Assert.Contains("images, labels", Assert.Throws<ArgumentException>(() => batch["boxes"]).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => batch["images"].Integers);
        Assert.Throws<InvalidOperationException>(() => batch["labels"].Floats);
        Assert.Throws<ArgumentException>(
            () => new Batch(2, [new BatchField("x", BatchElement.Int32), new BatchField("x", BatchElement.Int32)]));
    }

    private static float[][] Targets(DataLoaderOptions options)
    {
        using DataLoader loader = new(new MadeDataset(40), _input, options);
        return [.. loader.Epoch(1).Select(batch => batch[DistributionLayout.DistributionName].Floats.ToArray())];
    }

    private sealed class Negative : ISampleTransform
    {
        public void Apply(Sample sample, ref KeyedRandom random)
        {
            foreach (ref byte value in sample.WritablePixels())
            {
                value = (byte)(255 - value);
            }
        }
    }

    private sealed class Smaller : ISampleTransform
    {
        public void Apply(Sample sample, ref KeyedRandom random) => sample.Resize(3, 3);
    }

    private sealed class Failing : ISampleTransform, IBatchTransform
    {
        public void Apply(Sample sample, ref KeyedRandom random) => throw new InvalidOperationException("It fails");

        public void Apply(Batch batch, ref KeyedRandom random) => throw new InvalidOperationException("It fails");
    }

    /// <summary>Four images with one box each, which moves by a pixel from one to the next.</summary>
    private sealed class Boxed : ISampleSource
    {
        public int Count => 4;

        public string NameOf(int index) => $"image {index}";

        public Image Load(int index) => new(8, 7, 1, new byte[56]);

        public void Describe(int index, Sample sample) => sample.Instances.Add(new Instance(new Box(index, 0, index + 2, 3, 0)));
    }

    private sealed class BoxLayout : BatchLayout
    {
        public override IReadOnlyList<BatchField> Fields { get; } =
            [ImagesField(_input), new BatchField("boxes", BatchElement.Float32, 1, 4), new BatchField("counts", BatchElement.Int32)];

        public override void Write(Sample sample, Batch batch, int row)
        {
            WriteImage(sample, batch, row);
            Box box = sample.Instances[0].Box;
            new[] { box.Left, box.Top, box.Right, box.Bottom }.CopyTo(batch["boxes"].FloatRow(row));
            batch["counts"].Integers[row] = sample.Instances.Count;
        }
    }
}
