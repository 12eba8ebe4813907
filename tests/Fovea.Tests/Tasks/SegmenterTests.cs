using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Tasks;
using Interpolation = Fovea.Engine.Graph.Operations.Interpolation;

namespace Fovea.Tests.Tasks;

/// <summary>Segmentation of images of any size: whole, by windows, mirrored, at several scales.</summary>
public sealed class SegmenterTests
{
    [Fact]
    public void A_map_has_the_images_own_size_and_shares_of_all_classes()
    {
        using FreshSegmenter fresh = new();
        using Segmenter segmenter = Segmenter.Load(fresh.Path);
        Segmentation found = segmenter.Segment(FreshSegmenter.Image(83, 51), new SegmentationInference { Probabilities = true });
        Assert.Equal((83, 51, 1), (found.Classes.Width, found.Classes.Height, found.Classes.Channels));
        Assert.Equal(["sky", "road", "tree"], found.Shares.Select(share => share.Class));
        Assert.Equal(1, found.Shares.Sum(share => share.Share), 1e-9);
        foreach (ClassShare share in found.Shares)
        {
            Assert.Equal(found.Classes.Pixels.Count(label => label == share.Index), (int)Math.Round(share.Share * 83 * 51));
        }

        for (int pixel = 0; pixel < 83 * 51; pixel++)
        {
            float[] row = [.. Enumerable.Range(0, 3).Select(label => found.Probabilities![pixel / 83, pixel % 83, label])];
            Assert.Equal(1, row.Sum(), 1e-5f);
            Assert.Equal(row.Max(), row[found.Classes.Pixels[pixel]]);
        }
    }

    [Theory]
    [InlineData(90, 64)]
    [InlineData(64, 64)]
    [InlineData(37, 101)]
    public void Logits_are_resized_to_the_input_and_from_there_to_the_image(int width, int height)
    {
        using Model model = FreshSegmenter.Create("semantic_fpn:resnet_nano");
        using Segmenter segmenter = new(model);
        Image image = FreshSegmenter.Image(width, height);
        Segmentation found = segmenter.Segment(image, new SegmentationInference { Probabilities = true });

        using PreparedImage prepared = new(model.Info.Preprocessing, image);
        ComputeGraph graph = new();
        Value input = graph.Input("images", [1, prepared.PaddedHeight, prepared.PaddedWidth, 3]);
        Value logits = model.Network.Forward(input)
            .Resize(Interpolation.Bilinear, prepared.PaddedHeight, prepared.PaddedWidth)
            .Slice(1, 0, prepared.Height)
            .Slice(2, 0, prepared.Width)
            .Resize(Interpolation.Bilinear, height, width);
        graph.Output("probabilities", logits.Softmax());
        using Plan plan = Plan.Compile(graph);
        prepared.Values.CopyTo(plan.Input("images"));
        plan.Run();
        Assert.True(found.Shares.Count(share => share.Share > 0.01) > 1, "the test is of no worth where one class takes all");
        float[] expected = plan.Output("probabilities").ToArray();
        float[] actual = [.. found.Probabilities!];
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void A_window_that_holds_the_whole_image_changes_nothing()
    {
        using FreshSegmenter fresh = new("upernet:cmt_nano");
        using Segmenter segmenter = Segmenter.Load(fresh.Path);
        Image image = FreshSegmenter.Image(70, 60);
        SegmentationInference options = new() { Probabilities = true };
        Segmentation whole = segmenter.Segment(image, options);
        Segmentation window = segmenter.Segment(image, options with { Window = 500, Stride = 100 });
        Assert.Equal(whole.Probabilities!, window.Probabilities!);
    }

    [Fact]
    public void Windows_side_by_side_are_images_of_their_own()
    {
        using Model model = Unresized();
        using Segmenter segmenter = new(model);
        Image image = FreshSegmenter.Image(64, 96);
        Image classes = segmenter.Segment(image, new SegmentationInference { Window = 32, Stride = 32 }).Classes;
        for (int top = 0; top < 96; top += 32)
        {
            for (int left = 0; left < 64; left += 32)
            {
                Assert.Equal(segmenter.Segment(Part(image, left, top, 32)).Classes.Pixels, Part(classes, left, top, 32).Pixels);
            }
        }
    }

    [Fact]
    public void Logits_are_averaged_where_windows_overlap_and_the_last_window_ends_with_the_image()
    {
        // Windows of 4 on 7 × 6 pixels every 2: rows begin at 0, 2, 3, columns at 0 and 2; each window answers with its place.
        SlidingAxis rows = new(7, 4, 2);
        SlidingAxis columns = new(6, 4, 2);
        Assert.Equal([0, 2, 3], rows.Starts);
        Assert.Equal([0, 2], columns.Starts);
        WindowRows map = new(rows, columns, 1, (top, left) => new StoredRows(
            [.. Enumerable.Repeat((10f * top) + left, 16)], 4, 4, 1));
        for (int y = 0; y < 7; y++)
        {
            float[] row = map.Row(y).ToArray();
            for (int x = 0; x < 6; x++)
            {
                float mean = (from top in rows.Starts
                              from left in columns.Starts
                              where y >= top && y < top + 4 && x >= left && x < left + 4
                              select (10f * top) + left).Average();
                Assert.Equal(mean, row[x], 1e-5f);
            }
        }
    }

    [Fact]
    public void An_image_that_would_take_too_much_memory_goes_by_windows_of_the_networks_size()
    {
        using Model model = Unresized();
        using Segmenter segmenter = new(model);
        Image image = FreshSegmenter.Image(150, 130);
        SegmentationInference options = new() { Probabilities = true };
        Segmentation forced = segmenter.Segment(image, options with { MostBytes = 1 });
        Segmentation windows = segmenter.Segment(image, options with { Window = 64 });
        Assert.Equal(windows.Probabilities!, forced.Probabilities!);
        Assert.NotEqual(segmenter.Segment(image, options).Probabilities!, forced.Probabilities!);
    }

    [Fact]
    public void The_answer_to_a_symmetric_image_is_symmetric_with_its_mirror_image_and_only_then()
    {
        using FreshSegmenter fresh = new();
        using Segmenter segmenter = Segmenter.Load(fresh.Path);
        Image half = FreshSegmenter.Image(40, 64);
        byte[] pixels = new byte[80 * 64 * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            (int y, int x, int channel) = (i / 240, i / 3 % 80, i % 3);
            pixels[i] = half.Pixels[(((y * 40) + Math.Min(x, 79 - x)) * 3) + channel];
        }

        Image image = new(80, 64, 3, pixels);
        SegmentationInference options = new() { Probabilities = true };
        Assert.True(IsSymmetric(segmenter.Segment(image, options with { Flip = true })));
        Assert.False(IsSymmetric(segmenter.Segment(image, options)));

        static bool IsSymmetric(Segmentation found) => Enumerable.Range(0, 80 * 64 * 3).All(i =>
            found.Probabilities![i / 240, i / 3 % 80, i % 3] == found.Probabilities[i / 240, 79 - (i / 3 % 80), i % 3]);
    }

    [Fact]
    public void Probabilities_of_several_scales_are_averaged()
    {
        using FreshSegmenter fresh = new();
        using Segmenter segmenter = Segmenter.Load(fresh.Path);
        Image image = FreshSegmenter.Image(66, 64);
        float[] both = Probabilities(0.5, 1.5);
        Assert.All(
            Probabilities(0.5).Zip(Probabilities(1.5), both),
            each => Assert.Equal((each.First + each.Second) / 2, each.Third, 1e-6f));

        float[] Probabilities(params double[] scales) =>
            [.. segmenter.Segment(image, new SegmentationInference { Scales = scales, Probabilities = true }).Probabilities!];
    }

    [Fact]
    public void Any_number_of_threads_gives_the_same_bits()
    {
        using FreshSegmenter fresh = new("upernet:crossformer_nano");
        Image image = FreshSegmenter.Image(90, 70);
        SegmentationInference options = new() { Flip = true, Window = 64, Probabilities = true };
        using WorkerPool one = new(1);
        using WorkerPool three = new(3);
        using Segmenter alone = Segmenter.Load(fresh.Path, one);
        using Segmenter several = Segmenter.Load(fresh.Path, three, concurrency: 2);
        float[] expected = [.. alone.Segment(image, options).Probabilities!];
        Parallel.For(0, 4, _ => Assert.Equal(expected, several.Segment(image, options).Probabilities!.ToArray()));
    }

    [Fact]
    public void Options_that_cannot_be_met_are_refused()
    {
        using Model model = FreshSegmenter.Create("semantic_fpn:pit_lucidrains");
        using Segmenter segmenter = new(model);
        Image image = FreshSegmenter.Image(64, 64);
        Assert.Throws<ArgumentOutOfRangeException>(() => segmenter.Segment(image, new SegmentationInference { Window = 32, Stride = 33 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => segmenter.Segment(image, new SegmentationInference { Scales = [] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => segmenter.Segment(image, new SegmentationInference { Scales = [1, 0] }));

        // A network of tables that are not resized.
        Assert.Throws<UnusableDataException>(() => segmenter.Segment(image, new SegmentationInference { Scales = [2] }));
    }

    [Fact]
    public void Cancellation_ends_before_the_next_window()
    {
        using FreshSegmenter fresh = new();
        using Segmenter segmenter = Segmenter.Load(fresh.Path);
        Assert.ThrowsAny<OperationCanceledException>(() =>
            segmenter.Segment(FreshSegmenter.Image(64, 64), cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void A_checkpoint_of_another_task_is_told_where_it_belongs()
    {
        using FreshSegmenter segments = new();
        using FreshDetector detects = new("retinanet");
        Assert.IsType<Remedy.SegmentImages>(Assert.Throws<InvalidFileException>(() => Classifier.Load(segments.Path)).Remedies[0]);
        Assert.IsType<Remedy.SegmentImages>(Assert.Throws<InvalidFileException>(() => Detector.Load(segments.Path)).Remedies[0]);
        Assert.IsType<Remedy.DetectObjects>(Assert.Throws<InvalidFileException>(() => Segmenter.Load(detects.Path)).Remedies[0]);
        using Model classifier = Model.Create("resnet_nano");
        Assert.Throws<ArgumentException>(() => new Segmenter(classifier));
    }

    private static Model Unresized()
    {
        Model model = FreshSegmenter.Create("semantic_fpn:resnet_nano");
        Preprocessing images = model.Info.Preprocessing with { Resize = ResizeRule.None, ResizeTo = 0, LongerSide = 0 };
        return new Model(model.Network, model.Parameters, model.Info with { Preprocessing = images });
    }

    private static Image Part(Image image, int left, int top, int side)
    {
        int depth = image.Channels;
        byte[] pixels = new byte[side * side * depth];
        for (int y = 0; y < side; y++)
        {
            image.Pixels.AsSpan((((top + y) * image.Width) + left) * depth, side * depth).CopyTo(pixels.AsSpan(y * side * depth));
        }

        return new Image(side, side, depth, pixels);
    }
}
