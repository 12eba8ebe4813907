using Fovea.Data;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class CocoEvaluationTests
{
    private static readonly CocoBox _box = new(10, 10, 20, 20);

    [Fact]
    public void A_perfect_detector_has_ones_and_no_number_where_nothing_can_be_measured()
    {
        CocoEvaluation evaluation = Evaluate([Truth(_box)], [Found(_box, 0.9)]);
        CocoMetrics metrics = evaluation.Metrics;
        Assert.Equal([1, 1, 1, 1, -1, -1, 1, 1, 1, 1, -1, -1], metrics.Values.Select(value => Math.Round(value, 12)));
        Assert.Equal([1, 0], evaluation.Classes.Select(one => one.Truths));
    }

    [Fact]
    public void Without_a_detection_every_number_of_a_class_with_objects_is_zero()
    {
        Assert.Equal([0, 0, 0, 0, -1, -1, 0, 0, 0, 0, -1, -1], Evaluate([Truth(_box)], []).Metrics.Values);
    }

    [Fact]
    public void Classes_without_objects_do_not_count_in_the_mean()
    {
        CocoMetrics metrics = Evaluate([Truth(_box)], [Found(_box, 0.9), Found(_box, 0.8) with { CategoryId = 5 }]).Metrics;
        Assert.Equal(1, metrics.Ap, 12);
    }

    [Fact]
    public void A_second_detection_of_an_object_is_invented_but_of_a_crowd_it_is_ignored()
    {
        CocoDetection[] detections = [Found(_box, 0.9), Found(_box, 0.8)];
        Assert.Equal([1], Evaluate([Truth(_box)], detections).Mistakes()[0].Invented);
        Assert.Empty(Evaluate([Truth(_box) with { Crowd = true }], detections).Mistakes()[0].Invented);
    }

    [Fact]
    public void Mistakes_name_the_missed_and_the_invented_of_each_image()
    {
        CocoTruth[] truths = [Truth(_box), Truth(new CocoBox(50, 50, 9, 9)), Truth(_box) with { ImageId = 2 }];
        CocoDetection[] detections = [Found(new CocoBox(70, 0, 5, 5), 0.3), Found(_box, 0.9), Found(_box, 0.2) with { ImageId = 2 }];
        CocoEvaluation evaluation = Evaluate(truths, detections);
        IReadOnlyList<CocoMistakes> all = evaluation.Mistakes();
        Assert.Equal([1L, 2L], all.Select(image => image.ImageId));
        Assert.Equal([1], all[0].Missed);
        Assert.Equal([0], all[0].Invented);
        Assert.Empty(all[1].Missed);
        Assert.Empty(all[1].Invented);

        // The sure ones alone: what an unsure one found is missed.
        IReadOnlyList<CocoMistakes> sure = evaluation.Mistakes(leastScore: 0.5);
        Assert.Equal([1], sure[0].Missed);
        Assert.Empty(sure[0].Invented);
        Assert.Equal([2], sure[1].Missed);
    }

    [Fact]
    public void Detections_of_images_that_are_not_listed_and_scores_that_are_no_numbers_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Evaluate([], [Found(_box, 0.9) with { ImageId = 3 }]));
        Assert.Throws<ArgumentException>(() => Evaluate([], [Found(_box, double.NaN)]));
        Assert.Throws<ArgumentException>(() => Evaluate([Truth(_box) with { CategoryId = 6 }], []));
        Assert.Throws<ArgumentException>(() => CocoEvaluation.Of([1], [1], [Truth(_box)], [], CocoOverlap.Masks));
    }

    [Fact]
    public void The_first_result_says_if_boxes_or_masks_give_the_area()
    {
        CocoFile file = new([new CocoImage(1, 100, 100)], [new CocoCategory(1, "a")], []);
        CocoSegmentation outline = new(RunLengthMask.FromRectangle(100, 100, _box));
        CocoResult both = new(1, 1, 0.5, new CocoBox(0, 0, 90, 90), outline);
        Assert.Equal(8100, CocoPreparation.Detections(file, [both], CocoOverlap.Masks)[0].Area);
        CocoDetection masked = CocoPreparation.Detections(file, [both with { Box = null }], CocoOverlap.Boxes)[0];
        Assert.Equal(400, masked.Area);
        Assert.Equal(_box, masked.Box);
        CocoDetection boxed = CocoPreparation.Detections(file, [both with { Segmentation = null }], CocoOverlap.Masks)[0];
        Assert.Equal(8100, boxed.Mask!.Area);
        Assert.Contains(
            "results[1] has no 'bbox'",
            Assert.Throws<UnusableDataException>(
                () => CocoPreparation.Detections(file, [both, both with { Box = null }], CocoOverlap.Boxes)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "results[0] is of image 4",
            Assert.Throws<UnusableDataException>(
                () => CocoPreparation.Detections(file, [both with { ImageId = 4 }], CocoOverlap.Boxes)).Message,
            StringComparison.Ordinal);
    }

    private static CocoEvaluation Evaluate(CocoTruth[] truths, CocoDetection[] detections) =>
        CocoEvaluation.Of([2, 1], [5, 1], truths, detections);

    private static CocoTruth Truth(CocoBox box) => new(1, 1, box, box.Area);

    private static CocoDetection Found(CocoBox box, double score) => new(1, 1, score, box, box.Area);
}
