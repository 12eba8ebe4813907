using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class RepeatedAugmentationTests
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

    private static readonly Augmentation _augmentation = new() { Erasing = new RandomErasing(1) { Fill = ErasingFill.Pixel } };

    [Fact]
    public void Copies_of_an_image_stand_side_by_side_and_an_epoch_keeps_its_length()
    {
        int[][] batches = Indices(_augmentation with { Repeats = 3 }, epoch: 0);
        Assert.Equal(5, batches.Length);
        int[] shown = [.. batches.SelectMany(batch => batch)];
        Assert.Equal(30, shown.Length);
        Assert.All(Enumerable.Range(0, 30), place => Assert.Equal(shown[place / 3 * 3], shown[place]));
        Assert.Equal(10, shown.Distinct().Count());
        Assert.NotEqual(shown, Indices(_augmentation with { Repeats = 3 }, epoch: 1).SelectMany(batch => batch));
    }

    [Fact]
    public void Each_copy_is_changed_in_its_own_way_and_the_first_as_without_copies()
    {
        Dictionary<int, List<string>> repeated = Changes(_augmentation with { Repeats = 2 });
        Dictionary<int, List<string>> once = Changes(_augmentation);
        Assert.All(repeated, image => Assert.Equal(2, image.Value.Distinct().Count()));
        Assert.All(repeated, image => Assert.Equal(once[image.Key][0], image.Value[0]));
    }

    [Fact]
    public void The_order_is_the_same_for_any_number_of_threads_and_any_start()
    {
        Augmentation augmentation = _augmentation with { Repeats = 3 };
        int[][] expected = Indices(augmentation, epoch: 2);
        Assert.Equal(expected, Indices(augmentation, epoch: 2, threads: 3));
        Assert.Equal(expected[3..], Indices(augmentation, epoch: 2, threads: 2, first: 3));
    }

    private static int[][] Indices(Augmentation augmentation, int epoch, int threads = 1, int first = 0)
    {
        DataLoaderOptions options = new() { BatchSize = 6, Augmentation = augmentation, Threads = threads };
        using DataLoader loader = new(new MadeDataset(30), _input, options);
        return [.. loader.Epoch(epoch, first).Select(batch => batch.Indices.ToArray())];
    }

    private static Dictionary<int, List<string>> Changes(Augmentation augmentation)
    {
        using DataLoader loader = new(new MadeDataset(30), _input, new DataLoaderOptions { BatchSize = 6, Augmentation = augmentation });
        Dictionary<int, List<string>> changes = [];
        foreach (Batch batch in loader.Epoch(0))
        {
            for (int row = 0; row < batch.Count; row++)
            {
                float[] image = batch["images"].FloatRow(row).ToArray();
                changes.TryAdd(batch.Indices[row], []);
                changes[batch.Indices[row]].Add(string.Join(' ', image));
            }
        }

        return changes;
    }
}
