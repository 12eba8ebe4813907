using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Optimization;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class RecipeOptionTests
{
    [Fact]
    public void All_members_come_back_from_their_words_in_a_file()
    {
        TrainingOptions options = new()
        {
            Epochs = 100,
            Optimizer = OptimizerKind.Muon,
            Muon = new MuonOptions { Scaling = MuonScaling.Original, RateFactor = 20 },
            Beta1 = 0.8,
            Beta2 = 0.95,
            Epsilon = 1e-6,
            Schedule = ScheduleKind.OneCycle,
            WarmUpEpochs = 30,
            WarmUpStartRate = 1e-4,
            CoolDownEpochs = 5,
            Milestones = [30, 60, 90],
            StepFactor = 0.2,
            LayerDecay = 0.75,
            FrozenStages = 1,
            Objective = ObjectiveKind.BinaryCrossEntropy,
            TargetThreshold = 0.2f,
            ClassWeights = [1, 2.5, 0],
            Distillation = new Distillation { Teacher = "teacher", Kind = DistillationKind.Soft, Alpha = 0.7f, Temperature = 3 },
            ClipNorm = 0,
            AdaptiveClip = 0.02,
            EmaDecay = 0.999,
            EmaWarmUp = false,
            Patience = 10,
        };
        JsonObject json = options.ToJson();
        Assert.Equal("muon", (string?)json["optimizer"]);
        Assert.Equal("original", (string?)json["muon"]!["scaling"]);
        Assert.Equal("oneCycle", (string?)json["schedule"]);
        Assert.Equal("binaryCrossEntropy", (string?)json["objective"]);
        Assert.Equal("soft", (string?)json["distillation"]!["kind"]);
        TrainingOptions read = TrainingOptions.FromJson(json, "config.json");
        Assert.Equal(json.ToJsonString(), read.ToJson().ToJsonString());
        Assert.Equal(
            options with { Milestones = null, ClassWeights = null },
            read with { Milestones = null, ClassWeights = null });
    }

    [Fact]
    public void A_file_that_knows_none_of_them_trains_as_it_did()
    {
        JsonObject json = new() { ["model"] = "cmt_nano", ["epochs"] = 3, ["emaDecay"] = 0.99, ["augmentation"] = null };
        TrainingOptions options = TrainingOptions.FromJson(json, "config.json");
        Assert.True(options.EmaWarmUp);
        Assert.Equal((ScheduleKind.Cosine, ObjectiveKind.CrossEntropy), (options.Schedule, options.Objective));
        Assert.Equal((1.0, 0, false, 0), (options.LayerDecay, options.FrozenStages, options.Nesterov, options.Patience));
    }

    [Fact]
    public void What_makes_no_sense_is_refused_by_name()
    {
        TrainingOptions good = new();
        (string Name, TrainingOptions Options)[] bad =
        [
            ("Beta1", good with { Beta1 = 1 }),
            ("Epsilon", good with { Epsilon = -1 }),
            ("Muon.Iterations", good with { Muon = new MuonOptions { Iterations = 0 } }),
            ("WarmUpStartRate", good with { WarmUpStartRate = -1 }),
            ("CoolDownEpochs", good with { CoolDownEpochs = 20 }),
            ("CoolDownEpochs", good with { CoolDownEpochs = 1, Schedule = ScheduleKind.Constant }),
            ("Milestones", good with { Milestones = [5, 2] }),
            ("StepFactor", good with { StepFactor = 2 }),
            ("PolyPower", good with { PolyPower = 0 }),
            ("LayerDecay", good with { LayerDecay = 0 }),
            ("TargetThreshold", good with { TargetThreshold = 0.5f }),
            ("ClassWeights", good with { ClassWeights = [-1] }),
            ("BalancedClassWeights", good with { BalancedClassWeights = true, ClassWeights = [1] }),
            ("Distillation.Teacher", good with { Distillation = new Distillation() }),
            ("Distillation.Alpha", good with { Distillation = new Distillation { Teacher = "a", Alpha = 2 } }),
            ("AdaptiveClip", good with { AdaptiveClip = -1 }),
            ("Patience", good with { Patience = -1 }),
        ];
        foreach ((string name, TrainingOptions options) in bad)
        {
            Assert.StartsWith($"{name} must be", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(OptimizerKind.Lamb)]
    [InlineData(OptimizerKind.Lion)]
    [InlineData(OptimizerKind.Muon)]
    public void A_run_of_every_rule_that_was_interrupted_ends_with_the_bits_of_one_that_was_not(OptimizerKind optimizer)
    {
        using TinyRun run = new();
        TrainingOptions options = TinyRun.Options with
        {
            Optimizer = optimizer,
            LearningRate = optimizer == OptimizerKind.Lion ? 2e-4 : 2e-3,
            BatchSize = 4,
            AccumulationSteps = 2,
            Objective = ObjectiveKind.BinaryCrossEntropy,
            TargetThreshold = 0.2f,
            Mixing = new Mixing { MixupAlpha = 0.8, CutMixAlpha = 1 },
            ClipNorm = 0,
            AdaptiveClip = 0.02,
        };
        RunFolder straight = run.NewFolder("straight");
        run.Train(options, straight);
        RunFolder interrupted = run.NewFolder("interrupted");
        int steps = 0;
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => run.Train(
            options,
            interrupted,
            threads: 1,
            onStep: () =>
            {
                if (++steps == 2)
                {
                    stop.Cancel();
                }
            },
            cancellation: stop.Token));
        run.Train(options, interrupted, resume: true);
        TinyRun.AssertSame(straight, interrupted, options.Epochs);
    }

    [Fact]
    public void A_teacher_from_a_checkpoint_is_learnt_from_by_a_student_of_another_normalisation()
    {
        using TinyRun run = new();
        RunFolder teacher = run.NewFolder("teacher");
        run.Train(TinyRun.Options, teacher);
        Preprocessing other = TinyRun.Options.Preprocessing with { Mean = [0.5f, 0.4f, 0.3f], StandardDeviation = [0.2f, 0.3f, 0.4f] };
        TrainingOptions options = TinyRun.Options with
        {
            Preprocessing = other,
            Distillation = new Distillation { Teacher = teacher.BestCheckpointPath, Kind = DistillationKind.Soft, Temperature = 2 },
        };
        RunFolder student = run.NewFolder("student");
        run.Train(options, student);
        Assert.Equal(2, student.ReadMetrics().Count);

        using Model strange = Model.Create("cmt_nano", new ModelOptions(4, TinyImages.Side, TinyImages.Side));
        string path = Path.Combine(student.Path, "strange.safetensors");
        Checkpoint.Save(path, strange);
        TrainingOptions wrong = options with { Distillation = new Distillation { Teacher = path } };
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => run.Train(wrong, run.NewFolder("wrong")));
        Assert.Contains("4 classes", error.Message, StringComparison.Ordinal);
    }
}
