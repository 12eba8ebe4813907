using Fovea.Data;

namespace Fovea.Tests.Data;

/// <summary>Tests that count the whole process's allocations, and so run while no other test does.</summary>
[CollectionDefinition("Alone", DisableParallelization = true)]
public sealed class Alone;

[Collection("Alone")]
public sealed class DataLoaderAllocationTests
{
    [Fact]
    public void Preparing_batches_allocates_nothing_once_it_runs()
    {
        MadeDataset set = new(4000);
        Preprocessing preprocessing = new()
        {
            Height = 6,
            Width = 5,
            Channels = 1,
            Resize = ResizeRule.Exact,
            Mean = [0],
            StandardDeviation = [1],
        };
        Augmentation augmentation = new() { CropPadding = 1, ErasingProbability = 0.3, ResizedCrop = true };
        DataLoaderOptions options = new() { BatchSize = 20, Threads = 2, Augmentation = augmentation };
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
