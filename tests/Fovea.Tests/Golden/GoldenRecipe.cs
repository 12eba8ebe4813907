using System.Text.Json;
using Fovea.Data;
using Fovea.Engine.Optimization;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Golden;

/// <summary>
/// The steps of a curve, in the library's own terms: model, objective, options and batches. A member that nobody here knows fails the case.
/// </summary>
internal sealed class GoldenRecipe : IDisposable
{
    private static readonly string[] _members =
    [
        "model", "case", "source", "notes", "options", "mode", "kind", "batch", "steps", "input", "targets", "objective", "mix",
        "accumulate", "clip", "optimizer", "ema", "precision", "state", "losses", "losses_float32", "state_after", "ema_state_after",
        "state_float32_max_abs_diff",
    ];

    private readonly GoldenCase _golden;
    private readonly Stack<IDisposable> _owned = [];

    public GoldenRecipe(GoldenCase golden)
    {
        _golden = golden;
        Allow(golden.Root, "", _members);
        Model = NewModel(golden);
        GoldenRun.Fill(golden, Model.Parameters);
        Options = WithClipping(WithOptimizer(new TrainingOptions
        {
            AccumulationSteps = golden.Has("accumulate") ? golden.Root.GetProperty("accumulate").GetInt32() : 1,
            EmaDecay = EmaDecay(),
            EmaWarmUp = false,
        }));
        Options = Options with { BatchSize = golden.InputShape[0] / Options.AccumulationSteps };
        Objective = CreateObjective();
        Preprocessing pictures = Model.Info.Preprocessing with { Height = golden.InputShape[2], Width = golden.InputShape[3] };
        Layout = Objective.Layout(Model) is LabelLayout
            ? new LabelLayout(pictures)
            : new DistributionLayout(pictures, Model.Network.Classes);
    }

    public Model Model { get; }

    public TrainingOptions Options { get; }

    public Objective Objective { get; }

    /// <summary>The arrays of a batch, for pictures of the case's size.</summary>
    public BatchLayout Layout { get; }

    private JsonElement? Mix => _golden.Has("mix") ? _golden.Root.GetProperty("mix") : null;

    /// <summary>The batches of a step: the mixed pictures, cut in order.</summary>
    public IReadOnlyList<Batch> BatchesOf(int step)
    {
        int[] shape = _golden.InputShape;
        float[] images = GoldenFill.ChannelsLast(GoldenFill.Tensor($"input.{step}", shape), shape);
        int classes = Model.Network.Classes;
        int[] labels = [.. Enumerable.Range(0, shape[0]).Select(i => ((37 * i) + 11 + step) % classes)];
        float[] targets = new float[shape[0] * classes];
        for (int i = 0; i < labels.Length; i++)
        {
            targets[(i * classes) + labels[i]] = 1;
        }

        MixImages(images, targets, shape);
        Batch[] parts = new Batch[Options.AccumulationSteps];
        for (int part = 0; part < parts.Length; part++)
        {
            int first = part * Options.BatchSize;
            Batch batch = new(Options.BatchSize, Layout.Fields) { Count = Options.BatchSize, Number = part };
            Rows(images, first, shape[0]).CopyTo(batch.Images, 0);
            if (batch.Contains(Batch.LabelsName))
            {
                Rows(labels, first, shape[0]).CopyTo(batch.Labels, 0);
            }
            else
            {
                Rows(targets, first, shape[0]).CopyTo(batch[DistributionLayout.DistributionName].Floats, 0);
            }

            parts[part] = batch;
        }

        return parts;
    }

    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? owned))
        {
            owned.Dispose();
        }
    }

    private static void Allow(JsonElement value, string path, params ReadOnlySpan<string> members)
    {
        foreach (JsonProperty member in value.EnumerateObject())
        {
            Assert.True(members.Contains(member.Name), $"The member {path}{member.Name} is not known.");
        }
    }

    private static NotSupportedException Unknown(string member, JsonElement value) => new($"{member} {value} is not known.");

    private static double Number(JsonElement value, string name, double fallback) =>
        value.TryGetProperty(name, out JsonElement number) ? number.GetDouble() : fallback;

    private T[] Rows<T>(T[] values, int first, int all)
    {
        int row = values.Length / all;
        return values[(first * row)..((first + Options.BatchSize) * row)];
    }

    private Model NewModel(GoldenCase golden)
    {
        Network network = GoldenNetwork.Of(GoldenModules.Create(golden))!;
        Preprocessing preprocessing = new() { Height = network.Height, Width = network.Width };
        string[] classes = [.. Enumerable.Range(0, network.Classes).Select(i => $"class {i}")];
        Model model = Model.From(network, new ModelInfo(golden.Model, new ModelOptions(network.Classes), classes, preprocessing));
        _owned.Push(model);
        return model;
    }

    private double EmaDecay()
    {
        if (!_golden.Has("ema"))
        {
            return 0;
        }

        JsonElement ema = _golden.Root.GetProperty("ema");
        Allow(ema, "ema.", "decay");
        return ema.GetProperty("decay").GetDouble();
    }

    private TrainingOptions WithClipping(TrainingOptions options)
    {
        options = options with { ClipNorm = 0 };
        if (!_golden.Has("clip"))
        {
            return options;
        }

        JsonElement clip = _golden.Root.GetProperty("clip");
        Allow(clip, "clip.", "kind", "value");
        double value = clip.GetProperty("value").GetDouble();
        return clip.GetProperty("kind").GetString() switch
        {
            "norm" => options with { ClipNorm = value },
            "value" => options with { ClipValue = value },
            "adaptive" => options with { AdaptiveClip = value },
            _ => throw Unknown("clip.kind", clip.GetProperty("kind")),
        };
    }

    private TrainingOptions WithOptimizer(TrainingOptions options)
    {
        JsonElement settings = _golden.Root.GetProperty("optimizer");
        Allow(
            settings,
            "optimizer.",
            "name",
            "learning_rate",
            "betas",
            "eps",
            "momentum",
            "nesterov",
            "weight_decay",
            "decay_applies_to",
            "max_gradient_norm");
        double[]? betas = settings.TryGetProperty("betas", out JsonElement pair) ? GoldenCase.Doubles(pair) : null;
        options = options with
        {
            Optimizer = settings.GetProperty("name").GetString() switch
            {
                "AdamW" => OptimizerKind.AdamW,
                "SGD" => OptimizerKind.Sgd,
                "LAMB" => OptimizerKind.Lamb,
                _ => throw Unknown("optimizer.name", settings.GetProperty("name")),
            },
            LearningRate = settings.GetProperty("learning_rate").GetDouble(),
            WeightDecay = Number(settings, "weight_decay", 0),
            Beta1 = betas?[0],
            Beta2 = betas?[1],
            Epsilon = settings.TryGetProperty("eps", out JsonElement epsilon) ? epsilon.GetDouble() : null,
            Momentum = Number(settings, "momentum", 0),
            Nesterov = settings.TryGetProperty("nesterov", out JsonElement nesterov) && nesterov.GetBoolean(),
            MaxGradientNorm = Number(settings, "max_gradient_norm", 0),
        };
        string decays = settings.TryGetProperty("decay_applies_to", out JsonElement rule) ? rule.GetString()! : "all parameters";
        IReadOnlyList<ParameterGroup> groups = decays.StartsWith("all parameters", StringComparison.Ordinal) ? []
            : decays.StartsWith("parameters whose key ends with .weight and that have two or more dim", StringComparison.Ordinal)
                ? WeightDecay.Groups
                : throw Unknown("optimizer.decay_applies_to", rule);
        TrainingOptions chosen = options;
        return options with { CreateOptimizer = (gradients, pool) => Optimizers.Create(chosen, Model, groups, gradients, pool) };
    }

    private Objective CreateObjective()
    {
        if (!_golden.Has("objective"))
        {
            return new ClassificationObjective(0, Mix is null ? ClassTarget.Label : ClassTarget.Distribution);
        }

        JsonElement settings = _golden.Root.GetProperty("objective");
        Allow(settings, "objective.", "kind", "label_smoothing", "target_threshold", "distillation");
        ClassificationLoss loss = new(
            settings.GetProperty("kind").GetString() switch
            {
                "cross_entropy" => ObjectiveKind.CrossEntropy,
                "bce" => ObjectiveKind.BinaryCrossEntropy,
                _ => throw Unknown("objective.kind", settings.GetProperty("kind")),
            },
            (float)Number(settings, "label_smoothing", 0),
            settings.TryGetProperty("target_threshold", out JsonElement threshold) ? threshold.GetSingle() : null);
        ClassificationObjective classification = new(loss, Mix is null ? ClassTarget.Label : ClassTarget.Distribution);
        return settings.TryGetProperty("distillation", out JsonElement distillation)
            ? WithTeacher(distillation, classification)
            : classification;
    }

    private DistillationObjective WithTeacher(JsonElement settings, ClassificationObjective classification)
    {
        Allow(settings, "objective.distillation.", "kind", "alpha", "temperature", "teacher");
        JsonElement described = settings.GetProperty("teacher");
        Model teacher = NewModel(new GoldenCase(_golden, described.GetProperty("model").GetString()!, described));
        GoldenFill.Fill(teacher.Parameters, described.GetProperty("prefix").GetString()!);
        DistillationKind kind = settings.GetProperty("kind").GetString() switch
        {
            "hard" => DistillationKind.Hard,
            "soft" => DistillationKind.Soft,
            _ => throw Unknown("objective.distillation.kind", settings.GetProperty("kind")),
        };
        double alpha = settings.GetProperty("alpha").GetDouble();
        DistillationObjective objective = new(teacher, kind, (float)alpha, (float)Number(settings, "temperature", 1), classification);
        _owned.Push(objective);
        return objective;
    }

    private void MixImages(float[] images, float[] targets, int[] shape)
    {
        if (Mix is not JsonElement mix)
        {
            return;
        }

        Allow(mix, "mix.", "kind", "lambda", "box");
        (int height, int width) = (shape[2], shape[3]);
        int[] box = mix.TryGetProperty("box", out JsonElement corners) ? GoldenCase.Ints(corners) : [0, height, 0, width];
        bool cut = mix.GetProperty("kind").GetString() switch
        {
            "mixup" => false,
            "cutmix" => true,
            _ => throw Unknown("mix.kind", mix.GetProperty("kind")),
        };
        double lambda = cut
            ? 1 - ((double)(box[1] - box[0]) * (box[3] - box[2]) / (height * width))
            : mix.GetProperty("lambda").GetDouble();
        float[] others = [.. images];
        int row = images.Length / shape[0];
        for (int i = 0; i < images.Length; i++)
        {
            float other = others[((shape[0] - 1 - (i / row)) * row) + (i % row)];
            (int y, int x) = (i % row / shape[1] / width, i % row / shape[1] % width);
            bool inside = y >= box[0] && y < box[1] && x >= box[2] && x < box[3];
            images[i] = !inside ? images[i] : cut ? other : (float)((lambda * images[i]) + ((1 - lambda) * other));
        }

        float[] before = [.. targets];
        int classes = targets.Length / shape[0];
        for (int i = 0; i < targets.Length; i++)
        {
            float other = before[((shape[0] - 1 - (i / classes)) * classes) + (i % classes)];
            targets[i] = (float)((lambda * targets[i]) + ((1 - lambda) * other));
        }
    }
}
