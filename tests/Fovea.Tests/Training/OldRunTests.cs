using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Tests.Library;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>A run folder that version 0.1.0 wrote, two epochs before its end.</summary>
public sealed class OldRunTests
{
    [Fact]
    public void A_run_of_version_0_1_0_goes_on_to_the_figures_that_version_reached()
    {
        using TemporaryFolder folder = new();
        string path = Copy(folder.File("run"));
        RunFolder run = RunFolder.Open(path);
        TrainingOptions options = run.ReadConfig().Options;
        Assert.Equal((1e-5, 0.0, 1.0), (options.MinLearningRate, options.EmaDecay, options.Augmentation!.MaxScale));

        IImageDataset images = Datasets.Open(Path.Combine(path, "images"));
        (SubsetDataset training, SubsetDataset validation) = SubsetDataset.Split(images, options.ValidationFraction, options.Seed);
        using WorkerPool pool = new(2);
        using (Trainer trainer = Trainer.ForClassification(options, training, validation, run, resume: true, pool))
        {
            trainer.Run();
        }

        JsonObject last = run.ReadMetrics()[^1];
        Assert.Equal((3006, 1002), ((int)last["step"]!, (int)last["epoch"]!));

        // Another processor rounds otherwise.
        Assert.Equal(0.35657, (double)last["loss"]!, 1e-3);
        Assert.Equal(0.05156, (double)last["validationLoss"]!, 1e-3);
        Assert.Equal(1, (double)last["top1"]!);
    }

    private static string Copy(string target)
    {
        string source = Path.Combine(ChildProcess.Repository, "tests", "Fovea.Tests", "Checkpoints", "files", "run-0.1.0");
        foreach (string file in Directory.GetFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }
}
