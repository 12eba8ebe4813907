using Fovea.Data;
using Fovea.Tests.Training;
using Fovea.Training;

namespace Fovea.Tests.Explanations;

public sealed class EpochExplanationsTests
{
    [Fact]
    public void A_run_that_explains_its_epochs_ends_with_the_bits_of_one_that_does_not_and_shows_the_pictures()
    {
        using TinyRun run = new();
        RunFolder plain = run.NewFolder("plain");
        run.Train(TinyRun.Options, plain);
        RunFolder explained = run.NewFolder("explained");
        TrainingOptions every = TinyRun.Options with { ExplainEvery = 1 };
        using (CancellationTokenSource cancellation = new())
        {
            Assert.Throws<OperationCanceledException>(
                () => run.Train(every, explained, onEpoch: cancellation.Cancel, cancellation: cancellation.Token));
        }

        Assert.Equal(["epoch-001.png"], Pictures(explained));
        run.Train(every, explained, resume: true);
        TinyRun.AssertSame(plain, explained, TinyRun.Options.Epochs);
        Assert.Equal(["epoch-001.png", "epoch-002.png"], Pictures(explained));
        Assert.False(Directory.Exists(plain.ExplanationsPath));

        byte[][] pictures = [.. EpochExplanations.ForReport(explained).Select(image => image.Png.ToArray())];
        Assert.Equal(2, pictures.Length);
        Assert.NotEqual(pictures[0], pictures[1]);
        Assert.True(ImageFile.Decode(pictures[0], "picture").Width > 1000);
    }

    [Fact]
    public void Pictures_of_an_earlier_run_are_removed_and_other_files_stay()
    {
        using TemporaryFolder folder = new();
        RunFolder run = RunFolder.Create(folder.File("run"));
        Directory.CreateDirectory(run.ExplanationsPath);
        foreach (string name in (string[])["epoch-010.png", "epoch-9.png", "mine.png", "epoch-x.png"])
        {
            File.WriteAllText(Path.Combine(run.ExplanationsPath, name), name);
        }

        run.Release();
        Assert.Equal(["epoch 9", "epoch 10"], EpochExplanations.ForReport(run).Select(image => image.Caption));
        RunFolder.Create(run.Path, overwrite: true).Release();
        Assert.Equal(["epoch-x.png", "mine.png"], Pictures(run).Order());
    }

    [Fact]
    public void A_report_of_many_epochs_shows_the_first_the_last_and_some_between()
    {
        using TemporaryFolder folder = new();
        RunFolder run = RunFolder.Create(folder.File("run"));
        Directory.CreateDirectory(run.ExplanationsPath);
        for (int epoch = 1; epoch <= 100; epoch++)
        {
            File.WriteAllText(Path.Combine(run.ExplanationsPath, $"epoch-{epoch:D3}.png"), "");
        }

        string[] shown = [.. EpochExplanations.ForReport(run).Select(image => image.Caption)];
        Assert.InRange(shown.Length, 3, 20);
        Assert.Equal(("epoch 1", "epoch 100"), (shown[0], shown[^1]));
        Assert.Equal(shown.Length, shown.Distinct().Count());
        run.Release();
    }

    private static string[] Pictures(RunFolder run) =>
        [.. Directory.GetFiles(run.ExplanationsPath).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
