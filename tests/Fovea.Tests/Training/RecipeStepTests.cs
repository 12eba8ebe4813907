using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Graph;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Steps of recipes on small networks: clipping, averages, distillation, early ends, fine-tuning, balance.</summary>
public sealed class RecipeStepTests : IDisposable
{
    private static readonly Preprocessing _input = new() { Height = 32, Width = 32, Resize = ResizeRule.Exact };
    private readonly TinyRun _run = new();

    [Fact]
    public void Eight_batches_of_eight_make_the_step_of_one_of_64()
    {
        TrainingOptions options = new() { Optimizer = OptimizerKind.Sgd, Seed = 3, ClipNorm = 0, AdaptiveClip = 0.05 };
        float[] whole = AfterAStep("pit_ti", options with { BatchSize = 64 });
        float[] parts = AfterAStep("pit_ti", options with { BatchSize = 8, AccumulationSteps = 8 });
        float[] start = AfterAStep("pit_ti", options with { BatchSize = 64 }, steps: 0);
        double moved = whole.Zip(start).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(moved > 1e-4, $"{moved}");
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 1e-6 + (1e-2 * moved)));

        // With batch statistics, which are those of each part by itself, the steps differ.
        double apart = AfterAStep("cmt_nano", options with { BatchSize = 64 })
            .Zip(AfterAStep("cmt_nano", options with { BatchSize = 8, AccumulationSteps = 8 }))
            .Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.True(apart > 1e-4, $"{apart}");
    }

    [Fact]
    public void A_limit_of_elements_holds_for_the_mean_of_accumulated_gradients()
    {
        TrainingOptions options = new()
        {
            BatchSize = 4,
            AccumulationSteps = 4,
            Optimizer = OptimizerKind.Sgd,
            Momentum = 0,
            WeightDecay = 0,
            Seed = 3,
            ClipNorm = 0,
            ClipValue = 1e-4,
        };
        float[] start = AfterAStep("pit_ti", options, steps: 0);
        float[] after = AfterAStep("pit_ti", options);
        double farthest = start.Zip(after).Max(pair => Math.Abs(pair.First - pair.Second));
        Assert.Equal(0.5 * 1e-4, farthest, 1e-6);
    }

    [Fact]
    public void The_head_of_the_distilled_pit_learns_from_labels_and_teacher_apart()
    {
        using Model teacher = NewModel("pit_ti", 9);
        Batch batch = FirstBatch(4);
        Dictionary<string, float[]> onlyLabels = HeadAfterAStep(teacher, batch, alpha: 0);
        Dictionary<string, float[]> onlyTeacher = HeadAfterAStep(teacher, batch, alpha: 1);
        using Model fresh = NewModel("pit_ti_distilled", 4);
        Assert.NotEqual(Weight(fresh, "head.weight"), onlyLabels["head.weight"]);
        Assert.Equal(Weight(fresh, "head_dist.weight"), onlyLabels["head_dist.weight"]);
        Assert.Equal(Weight(fresh, "head.weight"), onlyTeacher["head.weight"]);
        Assert.NotEqual(Weight(fresh, "head_dist.weight"), onlyTeacher["head_dist.weight"]);
    }

    [Fact]
    public void A_hard_teacher_gives_its_most_probable_class_as_a_label()
    {
        Batch batch = FirstBatch(8);
        using Model teacher = NewModel("cmt_nano", 9);
        using DistillationObjective hard = new(teacher, DistillationKind.Hard, alpha: 1);
        using Model student = NewModel("cmt_nano", 4);
        double loss;
        using (TrainingStep step = new(student, hard, new TrainingOptions { BatchSize = 8, Seed = 3 }))
        {
            loss = step.Run(batch, 0, 0, 0, new double[1]);
        }

        System.Numerics.Tensors.Tensor<float> images =
            System.Numerics.Tensors.Tensor.Create([.. batch.Images], [8, 32, 32, 3]);
        float[] logits = [.. teacher.Run(images)];
        for (int i = 0; i < 8; i++)
        {
            batch.Labels[i] = Array.IndexOf(logits, logits[(i * 3)..((i * 3) + 3)].Max(), i * 3) - (i * 3);
        }

        using Model other = NewModel("cmt_nano", 4);
        using TrainingStep plain = new(other, new ClassificationObjective(), new TrainingOptions { BatchSize = 8, Seed = 3 });
        Assert.Equal(plain.Run(batch, 0, 0, 0, new double[1]), loss, 1e-5);
    }

    [Fact]
    public void A_run_ends_after_as_many_epochs_without_a_better_score_as_it_is_patient_for_and_stays_at_its_end()
    {
        RunFolder folder = _run.NewFolder("patient");
        TrainingOptions options = new() { Epochs = 9, BatchSize = 8, Seed = 3, Patience = 2 };
        Scores scores = new([5, 3, 4, 3, 1]);
        using Model model = NewModel("cmt_nano", 4);
        using (Trainer trainer = new(model, _run.Training, options, folder, null, scores))
        {
            trainer.Run();
        }

        Assert.Equal([1, 2, 3, 4], folder.ReadMetrics().Select(line => (int)line["epoch"]!));
        byte[] last = File.ReadAllBytes(folder.LastCheckpointPath);
        using Trainer resumed = new(model, _run.Training, options, folder, null, scores, resume: true);
        resumed.Run();
        Assert.Equal(4, folder.ReadMetrics().Count);
        Assert.Equal(last, File.ReadAllBytes(folder.LastCheckpointPath));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_average_begins_with_the_weights_and_follows_them_faster_in_a_warm_up(bool warmUp)
    {
        using Model model = NewModel("cmt_nano", 4);
        using EmaWeights ema = new(model.Parameters, 0.9, warmUp, null);
        Variable weight = model.Parameters.Tensors["stem_conv1.weight"].Variable;
        Variable statistic = model.Parameters.Tensors["stem_norm1.running_mean"].Variable;
        (float start, float mean) = (weight.Data[0], statistic.Data[0]);
        (weight.Data[0], statistic.Data[0]) = (start + 1, mean + 1);
        double expected = 0;
        for (int step = 0; step < 3; step++)
        {
            ema.Update(step);
            double decay = warmUp ? Math.Min(0.9, (1.0 + step) / (10 + step)) : 0.9;
            expected += (1 - decay) * (1 - expected);
        }

        ema.Exchange();
        Assert.Equal(start + expected, weight.Data[0], 1e-5);
        Assert.Equal(mean + expected, statistic.Data[0], 1e-5);
    }

    [Fact]
    public void A_checkpoint_is_tuned_at_another_size_for_other_classes_with_slower_layers_in_front()
    {
        string path = Path.Combine(_run.NewFolder("from").Path, "from.safetensors");
        using (Model large = Model.Create("pit_ti", new ModelOptions(7, 48, 48), seed: 5))
        {
            Checkpoint.Save(path, large);
        }

        TrainingOptions options = TinyRun.Options with
        {
            Model = "pit_ti",
            From = path,
            Epochs = 1,
            EmaDecay = 0,
            LayerDecay = 0.5,
            FrozenStages = 1,
        };
        RunFolder folder = _run.NewFolder("tuned");
        _run.Train(options, folder);
        using Model before = Checkpoint.Load(path);
        using Model tuned = Checkpoint.Load(folder.LastCheckpointPath);
        Assert.Equal(["apple", "bread", "cloud"], tuned.Info.Classes);
        Assert.Equal((TinyImages.Side, TinyImages.Side), (tuned.Network.Height, tuned.Network.Width));
        Assert.Equal(Weight(before, "transformers.0.blocks.1.mlp.fc1.weight"), Weight(tuned, "transformers.0.blocks.1.mlp.fc1.weight"));
        double early = Distance("transformers.1.blocks.0.mlp.fc1.weight");
        double late = Distance("transformers.2.blocks.3.mlp.fc1.weight");
        Assert.True(early > 0 && 20 * early < late, $"{early} {late}");

        double Distance(string key) => Weight(before, key).Zip(Weight(tuned, key)).Max(pair => Math.Abs(pair.First - pair.Second));
    }

    [Fact]
    public void Balanced_sampling_and_balanced_weights_make_up_for_small_classes()
    {
        SubsetDataset uneven = new(_run.Training, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16]);
        int[] counts = [.. Enumerable.Range(0, 3).Select(label => Enumerable.Range(0, 11).Count(i => uneven.LabelOf(i) == label))];
        Assert.Equal([8, 2, 1], counts);
        IImageDataset balanced = Sampling.Balanced(uneven);
        Assert.Equal(24, balanced.Count);
        Assert.All(Enumerable.Range(0, 24).GroupBy(balanced.LabelOf), members => Assert.Equal(8, members.Count()));
        Assert.Equal(11, Enumerable.Range(0, 24).Select(balanced.NameOf).Distinct().Count());

        using Model model = NewModel("cmt_nano", 4);
        TrainingOptions options = new() { Epochs = 1, BatchSize = 8, Seed = 3, BalancedSampling = true };
        RunFolder folder = _run.NewFolder("balanced");
        using Trainer trainer = new(model, uneven, options, folder);
        trainer.Run();
        Assert.Equal(3, (int)folder.ReadMetrics()[0]["step"]!);
        Assert.Equal(
            Loss(new TrainingOptions { ClassWeights = [11.0 / (3 * 8), 11.0 / (3 * 2), 11.0 / (3 * 1)] }),
            Loss(new TrainingOptions { BalancedClassWeights = true }));

        double Loss(TrainingOptions weighted)
        {
            using Model fresh = NewModel("cmt_nano", 4);
            TrainingOptions all = weighted with { BatchSize = 8, Seed = 3 };
            Objective objective = TrainingObjective.Create(all, fresh, uneven, new Stack<IDisposable>());
            using TrainingStep step = new(fresh, objective, all);
            using DataLoader loader = new(uneven, _input, new DataLoaderOptions { BatchSize = 8, Layout = objective.Layout(fresh) });
            return step.Run(loader.Epoch(0).First(), 0, 0, 0, new double[1]);
        }
    }

    public void Dispose() => _run.Dispose();

    private static Model NewModel(string name, ulong seed)
    {
        ModelInfo info = new(name, new ModelOptions(3, 32, 32, DropPath: 0, Dropout: 0), ["apple", "bread", "cloud"], _input);
        return Model.From(info.CreateNetwork(), info, seed);
    }

    private static float[] Weight(Model model, string key) => model.Parameters.Tensors[key].Variable.Data.ToArray();

    private static Dictionary<string, float[]> HeadAfterAStep(Model teacher, Batch batch, float alpha)
    {
        using DistillationObjective objective = new(teacher, DistillationKind.Soft, alpha, temperature: 2);
        using Model student = NewModel("pit_ti_distilled", 4);
        TrainingOptions options = new() { BatchSize = 4, Optimizer = OptimizerKind.Sgd, WeightDecay = 0, Seed = 3 };
        using TrainingStep step = new(student, objective, options);
        step.Run(batch, 0, 0, 0.1, new double[1]);
        return student.Network.HeadKeys.ToDictionary(key => key, key => Weight(student, key));
    }

    private static float[] AfterAStep(string name, TrainingOptions options, int steps = 1)
    {
        using Model model = NewModel(name, 4);
        using TrainingStep step = new(model, new ClassificationObjective(0.1f), options);
        for (int part = 0; part < steps * options.AccumulationSteps; part++)
        {
            Batch batch = new(options.BatchSize, new LabelLayout(_input).Fields) { Count = options.BatchSize, Number = part };
            for (int i = 0; i < options.BatchSize; i++)
            {
                int image = (part * options.BatchSize) + i;
                batch.Labels[i] = image % 3;
                Golden.GoldenFill.Tensor($"input.{image}", [3072]).CopyTo(batch[Batch.ImagesName].FloatRow(i));
            }

            step.Run(batch, 0, part, 0.5, new double[1]);
        }

        return model.Parameters.Weights.Data.ToArray();
    }

    private Batch FirstBatch(int size)
    {
        using DataLoader loader = new(_run.Training, _input, new DataLoaderOptions { BatchSize = size, Seed = 1 });
        return loader.Epoch(0).First();
    }

    private sealed record Found(double Error) : EvaluationResult
    {
        public override IReadOnlyList<Metric> Metrics => [new Metric("error", Error)];

        public override double Score => Error;

        public override bool HigherIsBetter => false;
    }

    private sealed class Scores(double[] scores) : IEvaluator
    {
        private int _next;

        public EvaluationResult Evaluate(
            Model model, IProgress<int>? progress = null, CancellationToken cancellation = default) => new Found(scores[_next++]);
    }
}
