using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Explanations;
using Fovea.Models;

namespace Fovea.Tests.Explanations;

public sealed class FaithfulnessTests
{
    private static readonly FaithfulnessOptions _options = new()
    {
        Methods = [new() { Method = ExplanationMethod.GradCam }, new() { Method = ExplanationMethod.LayerCam }],
        Images = 2,
        Steps = 4,
        Seed = 5,
    };

    [Fact]
    public void A_measurement_has_a_row_for_each_method_and_for_what_knows_nothing_and_the_same_bits_on_any_number_of_threads()
    {
        using TemporaryFolder folder = new();
        IImageDataset images = Datasets.Open(TinyImages.Write(folder.File("images"), 2));
        using Model model = Model.Create("resnet_nano", new ModelOptions(Classes: 3, Height: TinyImages.Side, Width: TinyImages.Side), 1);
        List<int> done = [];
        IReadOnlyList<MethodFaithfulness> rows = Measure(model, images, threads: 1, new Collect(done));
        Assert.Equal(["grad-cam", "layer-cam", "centre", "random"], rows.Select(row => row.Method));
        Assert.Equal([1, 2], done);
        Assert.All(rows, row =>
        {
            Assert.Equal(5, row.DeletionCurve.Count);
            Assert.All([.. row.DeletionCurve, .. row.InsertionCurve], score => Assert.InRange(score, 0, 1));
            Assert.Equal(row.Insertion - row.Deletion, row.Difference);

            // Both curves meet in the image itself, and in what nothing is left of.
            Assert.Equal(rows[0].DeletionCurve[0], row.InsertionCurve[^1], 5);
            Assert.Equal(rows[0].DeletionCurve[^1], row.DeletionCurve[^1]);
            Assert.Equal(rows[0].InsertionCurve[0], row.InsertionCurve[0]);
        });
        Assert.All(rows.Take(2), row => Assert.True(row is { Sparsity: not null, RandomizedCorrelation: not null }));
        Assert.All(rows.Skip(2), row => Assert.True(row is { Sparsity: null, RandomizedCorrelation: null }));

        IReadOnlyList<MethodFaithfulness> again = Measure(model, images, threads: 3);
        Assert.All(rows.Zip(again), pair =>
        {
            Assert.Equal(pair.First.DeletionCurve, pair.Second.DeletionCurve);
            Assert.Equal(pair.First.InsertionCurve, pair.Second.InsertionCurve);
            Assert.Equal(pair.First.RandomizedCorrelation, pair.Second.RandomizedCorrelation);
        });
    }

    [Fact]
    public void Curves_are_drawn_as_files_that_stand_by_themselves()
    {
        MethodFaithfulness row = new("grad-cam") { DeletionCurve = [1, 0.5, 0], InsertionCurve = [0, 0.75, 1], StandardError = 0.1 };
        Assert.Equal((0.5, 0.625), (row.Deletion, row.Insertion));
        System.Xml.Linq.XElement svg = System.Xml.Linq.XElement.Parse(FaithfulnessCharts.Deletion([row, row with { Method = "random" }]));
        Assert.Equal("http://www.w3.org/2000/svg", svg.Name.NamespaceName);
        Assert.Equal(2, svg.Elements().Count(element => element.Name.LocalName == "polyline"));
        Assert.Contains(svg.Elements(), element => element.Value == "grad-cam");
        Assert.NotEqual(FaithfulnessCharts.Insertion([row]), FaithfulnessCharts.Deletion([row]));
    }

    [Theory]
    [InlineData(0, 4, 2.0)]
    [InlineData(2, 1, 2.0)]
    [InlineData(2, 4, 0.0)]
    public void Options_out_of_range_are_refused(int images, int steps, double blur)
    {
        FaithfulnessOptions options = new() { Images = images, Steps = steps, BlurRadius = blur };
        Assert.Throws<ArgumentOutOfRangeException>(options.Validate);
    }

    private static IReadOnlyList<MethodFaithfulness> Measure(
        Model model, IImageDataset images, int threads, IProgress<int>? progress = null)
    {
        using WorkerPool pool = new(threads);
        using Explainer explainer = new(model, pool);
        return Faithfulness.Measure(explainer, images, _options, pool, progress);
    }

    private sealed class Collect(List<int> values) : IProgress<int>
    {
        public void Report(int value) => values.Add(value);
    }
}
