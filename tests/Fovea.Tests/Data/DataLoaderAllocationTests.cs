using Fovea.Data;

namespace Fovea.Tests.Data;

/// <summary>Tests that count the whole process's allocations, and so run while no other test does.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("Alone")]
public sealed class DataLoaderAllocationTests
{
    public static TheoryData<Augmentation, Mixing?> Options => new()
    {
        { new Augmentation { CropPadding = 1, ErasingProbability = 0.3, ResizedCrop = true }, null },
        {
            new Augmentation
            {
                CropPadding = 1,
                CropBorder = BorderMode.Reflect,
                RandAugment = new RandAugment { Operations = 6 },
                ColorJitter = new ColorJitter { Brightness = 0.4, Contrast = 0.4, Saturation = 0.4, Hue = 0.1 },
                GaussianBlur = new GaussianBlur(),
                Erasing = new RandomErasing { Fill = ErasingFill.Pixel },
                Repeats = 2,
            },
            new Mixing { MixupAlpha = 0.8, CutMixAlpha = 1, Mode = MixingMode.Element }
        },
        { new Augmentation { AutoAugment = new AutoAugment(), GreyscaleProbability = 0.5 }, new Mixing { MixupAlpha = 0.8 } },
        { new Augmentation { TrivialAugment = new TrivialAugment() }, new Mixing { CutMixAlpha = 1 } },
        { new Augmentation { ThreeAugment = new ThreeAugment() }, null },
    };

    [Theory]
    [MemberData(nameof(Options))]
    public void Preparing_batches_allocates_nothing_once_it_runs(Augmentation augmentation, Mixing? mixing)
    {
        MadeDataset set = new(4000);
        Preprocessing preprocessing = new() { Height = 6, Width = 5, Resize = ResizeRule.Exact };
        DataLoaderOptions options = new()
        {
            BatchSize = 20,
            Threads = 2,
            Augmentation = augmentation,
            Layout = new DistributionLayout(preprocessing, 2),
            BatchTransforms = mixing is null ? [] : [new BatchMixing(mixing, 10)],
        };
        using DataLoader loader = new(set, preprocessing, options);
        long allocated = 0;
        for (int epoch = 0; epoch < 2; epoch++)
        {
            foreach (Batch batch in loader.Epoch(epoch))
            {
                // The first batches of the second epoch still warm up threads and pools.
                allocated = batch.Number == 50 ? GC.GetTotalAllocatedBytes(true) : allocated;
                allocated = batch.Number == 199 ? GC.GetTotalAllocatedBytes(true) - allocated : allocated;
            }
        }

        Assert.InRange(allocated, 0, 149 * 200);
    }
}
