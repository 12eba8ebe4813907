using System.Runtime.InteropServices;
using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class UnreadableImageTests
{
    private static readonly Preprocessing _preprocessing = new()
    {
        Height = 4,
        Width = 4,
        Channels = 1,
        Resize = ResizeRule.Exact,
        Mean = [0],
        StandardDeviation = [1],
    };

    [Fact]
    public void Batches_stay_full_and_are_the_same_bits_for_any_number_of_threads_and_any_start()
    {
        BrokenDataset set = new(40, [3, 17, 18, 39]);
        string[] expected = Give(set, threads: 1, first: 0);
        Assert.Equal(8, expected.Length);
        foreach (int threads in new[] { 1, 2, 3 })
        {
            foreach (int first in new[] { 0, 2, 7 })
            {
                Assert.Equal(expected[first..], Give(set, threads, first));
            }
        }
    }

    [Fact]
    public void Each_image_is_told_once_by_name()
    {
        List<string> told = [];
        UnreadableImages unreadable = new(2, new Collect(told));
        DataLoaderOptions options = new() { BatchSize = 5, Unreadable = unreadable };
        using DataLoader loader = new(new BrokenDataset(20, [4, 9]), _preprocessing, options);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            foreach (Batch batch in loader.Epoch(epoch))
            {
                Assert.Equal(5, batch.Count);
                Assert.DoesNotContain(4, batch.Indices);
                Assert.DoesNotContain(9, batch.Indices);
            }
        }

        Assert.Equal(["image 4", "image 9"], told.Order());
        Assert.Equal([4, 9], unreadable.Images.Select(image => image.Index));
    }

    [Fact]
    public void One_more_than_the_limit_is_an_error_that_says_so()
    {
        DataLoaderOptions options = new() { BatchSize = 5, Unreadable = new UnreadableImages(1) };
        using DataLoader loader = new(new BrokenDataset(20, [4, 9]), _preprocessing, options);
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => loader.Epoch(0).Count());
        Assert.Contains("2 images cannot be read now, and 1 may be passed over", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, Assert.IsType<Remedy.PassOverUnreadable>(Assert.Single(error.Remedies)).Count);
    }

    [Fact]
    public void A_set_of_which_nothing_can_be_read_ends_with_an_error()
    {
        DataLoaderOptions options = new() { BatchSize = 2, Unreadable = new UnreadableImages(100) };
        using DataLoader loader = new(new BrokenDataset(4, [0, 1, 2, 3]), _preprocessing, options);
        string message = Assert.Throws<InvalidImageException>(() => loader.Epoch(0).Count()).Message;
        Assert.Contains("any other of the 4 images", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_evaluation_leaves_them_out()
    {
        DataLoaderOptions options = DataLoaderOptions.ForEvaluation(4, threads: 2) with { Unreadable = new UnreadableImages(3) };
        using DataLoader loader = new(new BrokenDataset(10, [0, 5, 9]), _preprocessing, options);
        List<int> seen = [];
        foreach (Batch batch in loader.Epoch(0))
        {
            seen.AddRange(batch.Indices.Take(batch.Count));
            Assert.All(batch.Labels.Skip(batch.Count), label => Assert.Equal(-1, label));
        }

        Assert.Equal([1, 2, 3, 4, 6, 7, 8], seen);
    }

    [Fact]
    public void A_sample_of_sizes_leaves_them_out_and_the_first_image_does_not_decide()
    {
        PreprocessingChoice choice = PreprocessingAdvisor.Choose(new SizedDataset(0, 30, 300, 300, 200), 64, 64);
        Assert.Equal(ResizeRule.ShorterSide, choice.Preprocessing.Resize);
        Assert.Contains("30×30 to 300×300", choice.Reason, StringComparison.Ordinal);
        Assert.Equal(ResizeRule.Exact, PreprocessingAdvisor.Choose(new SizedDataset(300, 20, 30, 40), 64, 64).Preprocessing.Resize);
        Assert.Equal(ResizeRule.None, PreprocessingAdvisor.Choose(new SizedDataset(60, 64), 64, 64).Preprocessing.Resize);
        Assert.Throws<InvalidImageException>(() => PreprocessingAdvisor.Choose(new SizedDataset(0, 0), 64, 64));
    }

    private static string[] Give(IImageDataset set, int threads, int first)
    {
        DataLoaderOptions options = new() { BatchSize = 5, Seed = 3, Threads = threads, Unreadable = new UnreadableImages(4) };
        using DataLoader loader = new(set, _preprocessing, options);
        return
        [
            .. loader.Epoch(1, first).Select(batch => $"{batch.Count}:{string.Join(',', batch.Indices)}:"
                + TestData.Digest(MemoryMarshal.AsBytes(batch.Images.AsSpan()).ToArray())),
        ];
    }

    private sealed class Collect(List<string> names) : IProgress<UnreadableImage>
    {
        public void Report(UnreadableImage value) => names.Add(value.Name);
    }

    private sealed class BrokenDataset(int count, int[] broken) : IImageDataset
    {
        public int Count => count;

        public IReadOnlyList<string> Classes => ["even", "odd"];

        public int LabelOf(int index) => index % 2;

        public string NameOf(int index) => $"image {index}";

        public Image Load(int index) => broken.Contains(index)
            ? throw new InvalidImageException($"/set/{index}.png", "it is broken.")
            : new Image(2, 2, 1, [.. Enumerable.Repeat((byte)index, 4)]);
    }

    /// <summary>Square images of given sides; 0 for one that cannot be read.</summary>
    private sealed class SizedDataset(params int[] sides) : IImageDataset
    {
        public int Count => sides.Length;

        public IReadOnlyList<string> Classes => ["even", "odd"];

        public int LabelOf(int index) => index % 2;

        public string NameOf(int index) => $"image {index}";

        public Image Load(int index) => sides[index] > 0
            ? new Image(sides[index], sides[index], 1, new byte[sides[index] * sides[index]])
            : throw new InvalidImageException("image", "it is broken.");
    }
}
