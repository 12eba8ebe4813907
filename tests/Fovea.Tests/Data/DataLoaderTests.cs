using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class DataLoaderTests
{
    private static readonly Preprocessing _preprocessing = new()
    {
        Height = 6,
        Width = 5,
        Channels = 1,
        Resize = ResizeRule.Exact,
        Mean = [0],
        StandardDeviation = [1],
    };

    private static readonly Augmentation _augmentation = new() { CropPadding = 1, ErasingProbability = 0.3, ResizedCrop = true };

    [Fact]
    public void Batches_are_the_same_bits_for_any_number_of_threads_and_any_start()
    {
        MadeDataset set = new(50);
        List<string> expected = Give(set, new DataLoaderOptions { BatchSize = 7, Seed = 5, Augmentation = _augmentation }, epoch: 2);
        Assert.Equal(7, expected.Count);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            foreach (int first in new[] { 0, 1, 4, 6, 7 })
            {
                foreach (int prefetch in new[] { 1, 2, 5 })
                {
                    DataLoaderOptions options = new()
                    {
                        BatchSize = 7,
                        Seed = 5,
                        Augmentation = _augmentation,
                        Threads = threads,
                        Prefetch = prefetch,
                        CacheBytes = threads * 1000,
                    };
                    Assert.Equal(expected.Skip(first), Give(set, options, epoch: 2, first));
                }
            }
        }
    }

    [Fact]
    public void Every_epoch_and_seed_has_an_order_of_its_own()
    {
        MadeDataset set = new(50);
        DataLoaderOptions options = new() { BatchSize = 10, Augmentation = _augmentation };
        string[] orders = new[] { (0, 1), (1, 1), (0, 2) }
            .Select(key => string.Join(' ', Give(set, options with { Seed = (ulong)key.Item2 }, key.Item1)))
            .ToArray();
        Assert.Equal(3, orders.Distinct().Count());
    }

    [Fact]
    public void An_epoch_gives_every_image_once_and_drops_or_pads_the_last_batch()
    {
        MadeDataset set = new(23);
        using DataLoader training = new(set, _preprocessing, new DataLoaderOptions { BatchSize = 5, CacheBytes = 0 });
        Assert.Equal(4, training.BatchesPerEpoch);
        int[] indices = [.. training.Epoch(0).SelectMany(batch => batch.Indices.ToArray())];
        Assert.Equal((20, 20), (indices.Length, indices.Distinct().Count()));

        using DataLoader evaluation = new(set, _preprocessing, DataLoaderOptions.ForEvaluation(5, threads: 2));
        Assert.Equal(5, evaluation.BatchesPerEpoch);
        int seen = 0;
        foreach (Batch batch in evaluation.Epoch(0))
        {
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.Equal(seen, batch.Indices[i]);
                Assert.Equal(set.LabelOf(seen), batch.Labels[i]);
                Assert.Equal(seen / 255f, batch.Images[i * 30], 6);
                seen++;
            }

            Assert.Equal(batch.Number == 4 ? 3 : 5, batch.Count);
            Assert.All(batch.Labels.Skip(batch.Count), label => Assert.Equal(-1, label));
            Assert.All(batch.Indices.Skip(batch.Count), index => Assert.Equal(-1, index));
            Assert.All(batch.Images.Skip(batch.Count * 30), value => Assert.Equal(0, value));
        }

        Assert.Equal(23, seen);
    }

    [Fact]
    public void An_image_that_fails_surfaces_in_its_batch_with_its_name()
    {
        MadeDataset set = new(40) { Broken = 17 };
        foreach (int threads in new[] { 1, 3 })
        {
            using DataLoader loader = new(set, _preprocessing, DataLoaderOptions.ForEvaluation(5, threads));
            List<int> given = new();
            InvalidImageException error = Assert.Throws<InvalidImageException>(() =>
            {
                foreach (Batch batch in loader.Epoch(0))
                {
                    given.Add(batch.Number);
                }
            });
            Assert.Contains("image 17", error.Message, StringComparison.Ordinal);
            Assert.Equal([0, 1, 2], given);
        }
    }

    [Fact]
    public void A_cancelled_epoch_stops_its_threads_promptly()
    {
        using CancellationTokenSource cancellation = new();
        MadeDataset set = new(1000);
        set.OnLoad = loaded =>
        {
            if (loaded == 20)
            {
                cancellation.Cancel();
            }
        };
        using DataLoader loader = new(set, _preprocessing, new DataLoaderOptions { BatchSize = 1000, Threads = 2 });
        Assert.Throws<OperationCanceledException>(() => loader.Epoch(0, 0, cancellation.Token).Count());
        Assert.Equal(20, set.Loaded);
    }

    [Fact]
    public void Leaving_the_loop_or_disposing_stops_the_threads()
    {
        MadeDataset set = new(1000) { OnLoad = _ => Thread.Sleep(1) };
        using DataLoader loader = new(set, _preprocessing, new DataLoaderOptions { BatchSize = 4, Threads = 2 });
        foreach (Batch _ in loader.Epoch(0))
        {
            break;
        }

        int loaded = set.Loaded;
        Thread.Sleep(30);
        Assert.Equal(loaded, set.Loaded);

        Assert.Throws<ObjectDisposedException>(() =>
        {
            foreach (Batch _ in loader.Epoch(1))
            {
                loader.Dispose();
            }
        });
        Assert.Throws<ObjectDisposedException>(() => loader.Epoch(2));
    }

    [Fact]
    public void Too_few_images_and_bad_options_are_refused_at_once()
    {
        MadeDataset set = new(3);
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => new DataLoader(set, _preprocessing, new DataLoaderOptions { BatchSize = 4 }));
        Assert.Contains("3 images", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DataLoader(set, _preprocessing, new DataLoaderOptions { BatchSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new DataLoader(set, _preprocessing, new DataLoaderOptions { BatchSize = 1, Threads = 0 }));
        Assert.Throws<ArgumentException>(() => new DataLoader(
            set, _preprocessing, new DataLoaderOptions { BatchSize = 1, Augmentation = new Augmentation { FlipProbability = 2 } }));
    }

    private static List<string> Give(MadeDataset set, DataLoaderOptions options, int epoch, int first = 0)
    {
        using DataLoader loader = new(set, _preprocessing, options);
        return
        [
            .. loader.Epoch(epoch, first).Select(batch =>
                $"{batch.Number}:{batch.Count}:{string.Join(',', batch.Indices)}:{string.Join(',', batch.Labels)}:"
                + TestData.Digest(System.Runtime.InteropServices.MemoryMarshal.AsBytes(batch.Images.AsSpan()).ToArray())),
        ];
    }
}
