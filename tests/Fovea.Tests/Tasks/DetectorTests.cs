using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Tests.Tasks;

public sealed class DetectorTests
{
    private const int Images = 8;

    [Theory]
    [InlineData("retinanet")]
    [InlineData("faster_rcnn")]
    [InlineData("mask_rcnn")]
    public async Task An_image_gives_the_same_objects_alone_and_among_many_callers_with_any_number_of_threads(string head)
    {
        using FreshDetector fresh = new(head);
        using WorkerPool single = new(1);
        using WorkerPool three = new(3);
        using Detector alone = Detector.Load(fresh.Path, single);
        string[] expected = [.. Enumerable.Range(0, Images).Select(i => Text(alone.Detect(FreshDetector.Image(i))))];
        Assert.All(expected, text => Assert.NotEqual("", text));
        Assert.Equal(Images, expected.Distinct().Count());
        foreach ((int concurrency, WorkerPool? pool) in ((int, WorkerPool?)[])[(1, null), (1, three), (4, null), (3, single)])
        {
            using Detector shared = Detector.Load(fresh.Path, pool, concurrency);
            string[] actual = await Task.WhenAll(Enumerable.Range(0, 2 * Images).Select(i => Task.Run(() =>
            {
                Image image = FreshDetector.Image(i % Images);
                using MemoryStream stream = new(PngEncoder.Encode(image));
                return Text(i < Images ? shared.Detect(image) : shared.Detect(stream));
            })));
            Assert.Equal(expected.Concat(expected), actual);
        }
    }

    [Fact]
    public void Objects_lie_in_the_image_surest_first_and_a_threshold_leaves_the_surest()
    {
        using FreshDetector fresh = new("mask_rcnn");
        using Detector detector = Detector.Load(fresh.Path);
        Assert.True(detector.HasMasks);
        for (int i = 0; i < Images; i++)
        {
            Image image = FreshDetector.Image(i);
            IReadOnlyList<Fovea.Tasks.Detection> found = detector.Detect(image);
            Assert.Equal(found.OrderByDescending(one => one.Score), found);
            Assert.All(found, one =>
            {
                Assert.Equal(fresh.Info.Classes[one.Box.Label], one.Class);
                Assert.True(one.Box is { Left: >= 0, Top: >= 0 });
                Assert.True(one.Box.Right <= image.Width + 0.01 && one.Box.Bottom <= image.Height + 0.01);
                Assert.Equal((image.Height, image.Width), (one.Mask!.Height, one.Mask.Width));
            });
            float middle = found[found.Count / 2].Score;
            Assert.Equal(Text([.. found.Where(one => one.Score > middle)]), Text(detector.Detect(image, middle)));
        }
    }

    [Fact]
    public async Task Callers_that_give_up_do_so_and_later_ones_are_served()
    {
        using FreshDetector fresh = new("faster_rcnn");
        using Detector detector = Detector.Load(fresh.Path);
        Image image = FreshDetector.Image(1);
        Assert.ThrowsAny<OperationCanceledException>(() => detector.Detect(image, cancellation: new CancellationToken(canceled: true)));
        using CancellationTokenSource source = new();
        Task<bool>[] callers =
        [
            .. Enumerable.Range(0, 16).Select(_ => Task.Run(() =>
            {
                try
                {
                    return detector.Detect(image, cancellation: source.Token).Count > 0;
                }
                catch (OperationCanceledException)
                {
                    return true;
                }
            })),
        ];
        await source.CancelAsync();
        Assert.All(await Task.WhenAll(callers), Assert.True);
        using MemoryStream text = new("no image"u8.ToArray());
        Assert.Throws<InvalidImageException>(() => detector.Detect(text));
        Assert.NotEmpty(detector.Detect(image));
        detector.Dispose();
        Assert.Throws<ObjectDisposedException>(() => detector.Detect(image));
    }

    [Fact]
    public void A_classifier_is_no_detector_and_a_detector_no_classifier()
    {
        using FreshDetector fresh = new("retinanet");
        using FreshCheckpoint classifier = new();
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => Detector.Load(classifier.Path));
        Assert.Equal([new Remedy.ClassifyImages(classifier.Path)], error.Remedies);
        Assert.Contains("the classifier cmt_nano", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<InvalidFileException>(() => Classifier.Load(fresh.Path));
        Assert.Equal([new Remedy.DetectObjects(fresh.Path)], error.Remedies);
        using Model plain = Model.Create("cmt_nano");
        Assert.Contains("HEAD:BACKBONE", Assert.Throws<ArgumentException>(() => new Detector(plain)).Message, StringComparison.Ordinal);
        using Model dense = Model.Create("retinanet:cmt_nano", fresh.Info.Options);
        Assert.Contains("take a Detector", Assert.Throws<ArgumentException>(() => new Classifier(dense)).Message, StringComparison.Ordinal);
    }

    /// <summary>Objects to the last bit.</summary>
    private static string Text(IReadOnlyList<Fovea.Tasks.Detection> found) => string.Join(
        "; ",
        found.Select(one => $"{one.Class} {BitConverter.SingleToInt32Bits(one.Score)} {one.Box} {one.Mask?.ToCompressed()}"));
}
