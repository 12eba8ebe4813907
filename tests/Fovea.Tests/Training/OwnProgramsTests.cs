using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Engine.Optimization;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Programs that users write first, at the length at which they should be possible.</summary>
public sealed class OwnProgramsTests : IDisposable
{
    private readonly TinyRun _run = new();

    [Fact]
    public void A_new_head_on_a_frozen_backbone_is_tuned_in_a_few_lines()
    {
        string pretrained = Pretrained();
        RunFolder folder = _run.NewFolder("tuned");

        // Twelve lines, that of the images included.
        IImageDataset images = _run.Training;
        using Model model = Checkpoint.Load(pretrained).WithHead(images.Classes.Count, images.Classes);
        HashSet<string> head = [.. model.Network.HeadKeys];
        model.Parameters.Freeze(key => !head.Contains(key));
        TrainingOptions options = new() { Epochs = 30, BatchSize = 8, LearningRate = 0.02 };
        using ClassificationEvaluator evaluator = new(_run.Validation);
        using Trainer trainer = new(model, images, options, folder, evaluator: evaluator);
        trainer.Run();

        foreach (string path in new[] { folder.BestCheckpointPath, folder.LastCheckpointPath })
        {
            Assert.Equal(Values(pretrained, "stem_conv1.weight"), Values(path, "stem_conv1.weight"));
            Assert.Equal(3, Values(path, head.First(key => key.EndsWith("bias", StringComparison.Ordinal))).Length);
        }

        Assert.InRange(evaluator.Evaluate(model).Top1, 0.5, 1);
    }

    [Fact]
    public void A_loop_of_ones_own_is_a_screen_long()
    {
        Preprocessing preprocessing = new() { Height = 32, Width = 32, Resize = ResizeRule.Exact };
        ModelInfo info = new("cmt_nano", new ModelOptions(3, 32, 32), _run.Training.Classes, preprocessing);
        using Model model = Model.From(info.CreateNetwork(), info, seed: 1);
        Objective objective = new ClassificationObjective();
        using GradientBlock gradients = new(model.Parameters.Trained);
        using Plan plan = Plan.Compile(TrainingGraph.Build(model, objective, batchSize: 8), gradients: gradients);
        using AdamW optimizer = new(gradients, weightDecay: 0.05, WeightDecay.Groups);
        DataLoaderOptions options = new() { BatchSize = 8, Layout = objective.Layout(model) };
        using DataLoader loader = new(_run.Training, preprocessing, options);
        List<float> losses = [];
        for (int epoch = 0; epoch < 8; epoch++)
        {
            foreach (Batch batch in loader.Epoch(epoch))
            {
                plan.Fill(batch);
                plan.Iteration = (ulong)losses.Count;
                plan.Run();
                optimizer.Step(2e-3, gradientFactor: (float)Math.Min(1, 5 / gradients.Norm()));
                losses.Add(plan.Output("loss")[0]);
            }
        }

        Assert.True(losses[^3..].Average() < 0.6 * losses[..3].Average(), string.Join(" ", losses));
    }

    public void Dispose() => _run.Dispose();

    private static float[] Values(string path, string name)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        float[] values = new float[file.Info(name).Count];
        file.ReadFloats(name, values);
        return values;
    }

    private string Pretrained()
    {
        string path = Path.Combine(_run.NewFolder("pretrained").Path, "model.safetensors");
        Preprocessing preprocessing = new() { Height = 32, Width = 32, Resize = ResizeRule.Exact };
        string[] labels = [.. Enumerable.Range(0, 7).Select(i => $"animal {i}")];
        ModelInfo info = new("cmt_nano", new ModelOptions(7, 32, 32), labels, preprocessing);
        using Model model = Model.From(info.CreateNetwork(), info, seed: 2);
        Checkpoint.Save(path, model);
        return path;
    }
}
