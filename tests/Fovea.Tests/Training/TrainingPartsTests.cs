using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Accumulation, averages, freezing, optimisers and evaluators of one's own.</summary>
public sealed class TrainingPartsTests : IDisposable
{
    private static readonly Preprocessing _input = new() { Height = 32, Width = 32, Resize = ResizeRule.Exact };
    private static readonly TrainingOptions _options = new() { Epochs = 2, BatchSize = 4, Seed = 3 };
    private readonly TinyRun _run = new();

    [Fact]
    public void Accumulated_batches_make_the_step_of_one_large_batch()
    {
        // A network without batch statistics, in whose step a batch is nothing but a sum over images.
        TrainingOptions options = new() { BatchSize = 8, Optimizer = OptimizerKind.Sgd, ClipNorm = 0.5, Seed = 3 };
        float[] whole = WeightsAfterAStep(options, 8);
        float[] parts = WeightsAfterAStep(options with { BatchSize = 2, AccumulationSteps = 4 }, 2);
        using Model fresh = NewModel("pit_ti");
        float[] start = fresh.Parameters.Weights.Data.ToArray();
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 2e-5f));
        Assert.True(whole.Zip(start).Max(pair => Math.Abs(pair.First - pair.Second)) > 1e-3);
    }

    [Fact]
    public void A_run_that_accumulates_resumes_to_the_same_bits_and_leaves_out_what_makes_no_step()
    {
        // 24 images: six batches of four, so that a step of four batches leaves two out.
        TrainingOptions options = TinyRun.Options with { BatchSize = 4, AccumulationSteps = 4, Epochs = 4, CheckpointMinutes = 0 };
        RunFolder straight = _run.NewFolder("straight");
        _run.Train(options, straight);
        Assert.Equal([1, 2, 3, 4], straight.ReadMetrics().Select(line => (int)line["step"]!));
        RunFolder interrupted = _run.NewFolder("interrupted");
        using (CancellationTokenSource stop = new())
        {
            int steps = 0;
            Assert.Throws<OperationCanceledException>(() => _run.Train(
                options,
                interrupted,
                onStep: () =>
                {
                    if (++steps == 2)
                    {
                        stop.Cancel();
                    }
                },
                cancellation: stop.Token));
        }

        _run.Train(options, interrupted, resume: true);
        TinyRun.AssertSame(straight, interrupted, options.Epochs);
        Assert.Contains("too few for one step", Assert.Throws<ArgumentException>(
            () => _run.Train(options with { AccumulationSteps = 7 }, _run.NewFolder("few"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frozen_backbone_keeps_its_bits_and_costs_no_backward_pass()
    {
        using Model model = NewModel("cmt_nano");
        HashSet<string> head = [.. model.Network.HeadKeys];
        int all = TrainingGraph.Build(model, new ClassificationObjective(), 4).Nodes.Count;
        model.Parameters.Freeze(key => !head.Contains(key));
        ComputeGraph frozen = TrainingGraph.Build(model, new ClassificationObjective(), 4);
        int inference = InferenceGraph.Build(model.Network, 4).Nodes.Count;
        Assert.True(
            frozen.Nodes.Count < inference + 25,
            $"{frozen.Nodes.Count} nodes, {inference} without training, {all} with all gradients");
        Assert.True(all > 2 * inference);

        Dictionary<string, float[]> before = Values(model);
        RunFolder folder = _run.NewFolder("frozen");
        using (Trainer trainer = new(model, _run.Training, _options, folder))
        {
            trainer.Run();
        }

        Dictionary<string, float[]> after = Values(model);
        Assert.All(before, entry => Assert.Equal(!head.Contains(entry.Key), entry.Value.SequenceEqual(after[entry.Key])));
        Assert.Equal(before["stem_conv1.weight"], Saved(folder.BestCheckpointPath));
    }

    [Fact]
    public void An_optimiser_of_ones_own_takes_the_steps()
    {
        using Model model = NewModel("cmt_nano");
        int made = 0;
        TrainingOptions options = _options with
        {
            CreateOptimizer = (gradients, pool) =>
            {
                made++;
                return new Sgd(gradients, weightDecay: 0, pool: pool, momentum: 0);
            },
            Epochs = 1,
        };
        using TrainingStep step = new(model, new ClassificationObjective(), options);
        Assert.Equal(1, made);
        Assert.IsType<Sgd>(step.Optimizer);
        float[] before = model.Parameters.Weights.Data.ToArray();
        step.Run(FirstBatch(4), 0, 0, 0.1, new double[1]);
        Assert.NotEqual(before, model.Parameters.Weights.Data.ToArray());
    }

    [Fact]
    public void An_evaluator_of_ones_own_chooses_the_best_epoch()
    {
        using Model model = NewModel("cmt_nano");
        RunFolder folder = _run.NewFolder("run");
        List<byte[]> best = [];
        double[] scores = [3, 1, 2, 1.5];
        Scores evaluator = new(scores);
        using Trainer trainer = new(model, _run.Training, _options with { Epochs = 4 }, folder, null, evaluator);
        trainer.Run(epochs: new Watcher(() => best.Add(File.ReadAllBytes(folder.BestCheckpointPath))));
        Assert.NotEqual(best[0], best[1]);
        Assert.Equal(best[1], best[2]);
        Assert.Equal(best[1], best[3]);
        Assert.Equal(scores, folder.ReadMetrics().Select(line => (double)line["error"]!));
    }

    [Fact]
    public void An_evaluator_that_finds_nonsense_stops_the_run()
    {
        using Model model = NewModel("cmt_nano");
        using Trainer trainer = new(model, _run.Training, _options, _run.NewFolder("run"), null, new Scores([double.NaN]));
        Assert.Throws<DivergenceException>(() => trainer.Run());
    }

    [Fact]
    public void Averages_are_evaluated_and_kept_as_the_best_and_the_model_goes_on_with_its_own_weights()
    {
        using Model model = NewModel("cmt_nano");
        RunFolder folder = _run.NewFolder("run");
        Looking evaluator = new();
        using (Trainer trainer = new(model, _run.Training, _options with { EmaDecay = 0.99, Epochs = 1 }, folder, null, evaluator))
        {
            trainer.Run();
        }

        float[] trained = Values(model)["stem_conv1.weight"];
        Assert.NotEqual(trained, evaluator.Seen);
        Assert.Equal(evaluator.Seen, Saved(folder.BestCheckpointPath));
        Assert.Equal(trained, Saved(folder.LastCheckpointPath));
    }

    [Fact]
    public void A_trainer_that_cannot_be_made_frees_what_it_took()
    {
        using Model model = NewModel("cmt_nano");
        RunFolder folder = _run.NewFolder("empty");
        Assert.Throws<Fovea.Formats.InvalidFileException>(() => new Trainer(model, _run.Training, _options, folder, resume: true));
        using Trainer trainer = new(model, _run.Training, _options, folder);
        trainer.Run();
    }

    [Fact]
    public void The_classification_evaluator_follows_changed_weights()
    {
        using Model model = NewModel("cmt_nano");
        using ClassificationEvaluator evaluator = new(_run.Validation, batchSize: 64);
        Evaluation first = evaluator.Evaluate(model);
        Assert.Equal(first.Loss, evaluator.Evaluate(model).Loss);
        model.Parameters.Initialize(77);
        Evaluation changed = evaluator.Evaluate(model);
        Assert.NotEqual(first.Loss, changed.Loss);
        using ClassificationEvaluator afresh = new(_run.Validation, batchSize: 64);
        Assert.Equal(afresh.Evaluate(model).Loss, changed.Loss);
        using Model other = Model.From(ModelRegistry.Create("cmt_nano", new ModelOptions(5, 32, 32)));
        Assert.Throws<InvalidDatasetException>(() => evaluator.Evaluate(other));
    }

    public void Dispose() => _run.Dispose();

    private static Model NewModel(string name)
    {
        ModelInfo info = new(name, new ModelOptions(3, 32, 32, DropPath: 0, Dropout: 0), ["apple", "bread", "cloud"], _input);
        return Model.From(info.CreateNetwork(), info, seed: 4);
    }

    private static Dictionary<string, float[]> Values(Model model) =>
        model.Parameters.Tensors.ToDictionary(entry => entry.Key, entry => entry.Value.Variable.Data.ToArray());

    private static float[] Saved(string path)
    {
        using Model model = Checkpoint.Load(path);
        return Values(model)["stem_conv1.weight"];
    }

    private float[] WeightsAfterAStep(TrainingOptions options, int batchSize)
    {
        using Model model = NewModel("pit_ti");
        using TrainingStep step = new(model, new ClassificationObjective(0.1f), options);
        using DataLoader loader = new(_run.Training, _input, new DataLoaderOptions { BatchSize = batchSize, Seed = 1 });
        foreach (Batch batch in loader.Epoch(0).Take(8 / batchSize))
        {
            step.Run(batch, 0, batch.Number, 0.5, new double[1]);
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

    private sealed class Looking : IEvaluator
    {
        public float[] Seen { get; private set; } = [];

        public EvaluationResult Evaluate(Model model, IProgress<int>? progress = null, CancellationToken cancellation = default)
        {
            Seen = Values(model)["stem_conv1.weight"];
            return new Found(1);
        }
    }

    private sealed class Watcher(Action onEpoch) : IProgress<EpochResult>
    {
        public void Report(EpochResult value) => onEpoch();
    }
}
