using Fovea.Data;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Models;
using Fovea.Tests.Data;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class ObjectiveTests : IDisposable
{
    private static readonly Preprocessing _input = new() { Height = 32, Width = 32, Resize = ResizeRule.Exact };
    private readonly TinyRun _run = new();

    [Fact]
    public void An_own_loss_trains()
    {
        using Model model = NewModel();
        using Trainer trainer = new(model, _run.Training, Options(12), _run.NewFolder("margin"), new SquaredError());
        List<EpochResult> epochs = [];
        trainer.Run(epochs: new Collector<EpochResult>(epochs));
        Assert.Empty(epochs[0].Metrics);
        Assert.InRange(epochs[^1].Loss, 0, 0.5 * epochs[0].Loss);
    }

    [Fact]
    public void Distributions_that_are_certain_train_as_labels_do()
    {
        Batch labels = FirstBatch(new LabelLayout(_input));
        Batch certain = FirstBatch(new DistributionLayout(_input, 3));
        double[] expected = Losses(new ClassificationObjective(0.1f), labels);
        double[] got = Losses(new ClassificationObjective(0.1f, ClassTarget.Distribution), certain);
        Assert.All(expected.Zip(got), pair => Assert.Equal(pair.First, pair.Second, 2e-4));
        Assert.True(expected[^1] < expected[0]);
    }

    [Fact]
    public void Mixed_images_train_through_a_batch_transform()
    {
        using Model model = NewModel();
        TrainingOptions options = Options(4) with { BatchTransforms = [new Mixup()] };
        RunFolder folder = _run.NewFolder("mixup");
        using Trainer trainer = new(model, _run.Training, options, folder, new ClassificationObjective(0, ClassTarget.Distribution));
        trainer.Run();
        Assert.All(folder.ReadMetrics(), line => Assert.InRange((double)line["accuracy"]!, 0.01, 1));
        Assert.NotEqual((double)folder.ReadMetrics()[0]["loss"]!, (double)folder.ReadMetrics()[^1]["loss"]!);
    }

    [Fact]
    public void A_student_that_is_its_teacher_has_nothing_to_learn_from_it()
    {
        Batch batch = FirstBatch(new LabelLayout(_input));
        using Model teacher = NewModel();
        using DistillationObjective onlyTeacher = new(teacher, alpha: 1, temperature: 2);
        using Model student = NewModel();
        using TrainingStep step = new(student, onlyTeacher, Options(1));
        double[] sums = new double[1];
        double first = step.Run(batch, 0, 0, 0.01, sums);

        // The student normalises by the batch, the teacher by its running statistics, so they differ a little even with the same weights.
        Assert.InRange(first, 0, 0.05);
    }

    [Fact]
    public void A_distilled_loss_is_the_weighted_sum_of_both_and_the_teacher_stays_as_it_is()
    {
        Batch batch = FirstBatch(new LabelLayout(_input));
        using Model teacher = Model.From(ModelRegistry.Create("cmt_nano", new ModelOptions(3, 32, 32)), null, seed: 9);
        float[] before = teacher.Parameters.Weights.Data.ToArray();
        double Loss(float alpha)
        {
            using Model student = NewModel();
            using DistillationObjective objective = new(teacher, alpha: alpha, temperature: 3);
            using TrainingStep step = new(student, objective, Options(1));
            return step.Run(batch, 0, 0, 0.01, new double[1]);
        }

        (double hard, double soft) = (Loss(0), Loss(1));
        Assert.True(soft > 0.001 && hard > 0.1, $"{hard} {soft}");
        Assert.Equal((0.3 * hard) + (0.7 * soft), Loss(0.7f), 1e-4);
        Assert.Equal(before, teacher.Parameters.Weights.Data.ToArray());
    }

    [Fact]
    public void A_distilled_loss_falls_when_the_student_follows_its_teacher()
    {
        Batch batch = FirstBatch(new LabelLayout(_input));
        using Model teacher = Model.From(ModelRegistry.Create("cmt_nano", new ModelOptions(3, 32, 32)), null, seed: 9);
        using DistillationObjective objective = new(teacher, alpha: 1);
        double[] losses = Losses(objective, batch);
        Assert.True(losses[^1] < 0.7 * losses[0], string.Join(" ", losses));
    }

    [Fact]
    public void An_objective_that_does_not_fit_says_why()
    {
        using Model headless = Model.From(ModelRegistry.Create("cmt_nano", new ModelOptions(0, 32, 32)));
        ShapeException error = Assert.Throws<ShapeException>(
            () => TrainingGraph.Build(headless, new ClassificationObjective(), 2));
        Assert.Contains("head", error.Message, StringComparison.Ordinal);
        using Model model = NewModel();
        error = Assert.Throws<ShapeException>(() => TrainingGraph.Build(model, new Unreduced(), 2));
        Assert.Contains("single number", error.Message, StringComparison.Ordinal);
        ArgumentException wrongName = Assert.Throws<ArgumentException>(() => TrainingGraph.Build(model, new WrongName(), 2));
        Assert.Contains("images, labels", wrongName.Message, StringComparison.Ordinal);
        using Model four = Model.From(ModelRegistry.Create("cmt_nano", new ModelOptions(4, 32, 32)));
        Assert.Throws<InvalidDatasetException>(() => new Trainer(four, _run.Training, Options(1), _run.NewFolder("four")));
    }

    [Fact]
    public void A_model_whose_classes_have_no_names_takes_those_of_the_training_set()
    {
        using Model model = NewModel();
        using Trainer trainer = new(model, _run.Training, Options(1), _run.NewFolder("names"));
        Assert.Equal(["apple", "bread", "cloud"], trainer.Info.Classes);
    }

    public void Dispose() => _run.Dispose();

    private static Model NewModel() => Model.From(ModelRegistry.Create("cmt_nano", new ModelOptions(3, 32, 32)), Description(), seed: 4);

    private static ModelInfo Description() => new("cmt_nano", new ModelOptions(3, 32, 32), ["class 0", "class 1", "class 2"], _input);

    private static TrainingOptions Options(int epochs) => new() { Epochs = epochs, BatchSize = 8, Seed = 3, LabelSmoothing = 0 };

    private static double[] Losses(Objective objective, Batch batch)
    {
        using Model model = NewModel();
        using TrainingStep step = new(model, objective, Options(1));
        return [.. Enumerable.Range(0, 8).Select(i => step.Run(batch, i, 0, 2e-3, new double[objective.Metrics.Count]))];
    }

    private Batch FirstBatch(BatchLayout layout)
    {
        using DataLoader loader = new(_run.Training, _input, new DataLoaderOptions { BatchSize = 8, Seed = 1, Layout = layout });
        return loader.Epoch(0).First();
    }

    /// <summary>Mean squared distance of the probabilities from the true class.</summary>
    private sealed class SquaredError : Objective
    {
        public override BatchLayout Layout(Model model) => new DistributionLayout(model.Info.Preprocessing, model.Network.Classes);

        public override Value Loss(TrainingGraph graph)
        {
            Value difference = graph.Output.Softmax() - graph[DistributionLayout.DistributionName];
            return (difference * difference).Sum(1).Mean(0).Reshape([1]);
        }
    }

    private sealed class Unreduced : Objective
    {
        public override BatchLayout Layout(Model model) => new LabelLayout(model.Info.Preprocessing);

        public override Value Loss(TrainingGraph graph) => graph.Output.CrossEntropy(graph["labels"]);
    }

    private sealed class WrongName : Objective
    {
        public override BatchLayout Layout(Model model) => new LabelLayout(model.Info.Preprocessing);

        public override Value Loss(TrainingGraph graph) => graph.Output.CrossEntropy(graph["label"]);
    }
}
