using Fovea.Checkpoints;
using Fovea.Collectives;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Formats;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>Runs of <c>cmt_nano</c> on a few images, with everything switched on that could break their repeatability.</summary>
internal sealed class TinyRun : IDisposable
{
    public const int BatchesPerEpoch = 3;

    private readonly TemporaryFolder _folder = new();
    private readonly IImageDataset _training;
    private readonly IImageDataset _validation;

    public TinyRun()
    {
        _training = Datasets.Open(TinyImages.Write(_folder.File("training"), 8));
        _validation = Datasets.Open(TinyImages.Write(_folder.File("validation"), 2, seed: 2));
    }

    public IImageDataset Training => _training;

    public IImageDataset Validation => _validation;

    public static TrainingOptions Options { get; } = new()
    {
        Epochs = 2,
        BatchSize = 8,
        DropPath = 0.2f,
        Dropout = 0.2f,
        EmaDecay = 0.9,
        Seed = 7,
        Preprocessing = new Preprocessing { Height = TinyImages.Side, Width = TinyImages.Side, Resize = ResizeRule.None },
        Augmentation = new Augmentation { CropPadding = 2, ErasingProbability = 0.5 },
    };

    /// <summary>An empty run folder.</summary>
    public RunFolder NewFolder(string name) => RunFolder.Create(_folder.File(name));

    /// <summary>Path of a file beside the run folders.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>Trains to the end, or until <paramref name="onStep"/> or <paramref name="onEpoch"/> stop it.</summary>
    public void Train(
        TrainingOptions options,
        RunFolder folder,
        bool resume = false,
        int threads = 2,
        Action? onStep = null,
        Action? onEpoch = null,
        ICollective? ranks = null,
        CancellationToken cancellation = default)
    {
        using WorkerPool pool = new(threads);
        using Trainer trainer = Trainer.ForClassification(
            options, _training, _validation, folder, resume, pool, loaderThreads: threads, ranks: ranks);
        trainer.Run(new Listener<TrainingProgress>(onStep), new Listener<EpochResult>(onEpoch), cancellation);
    }

    /// <summary>Asserts that a run ends with the same bits on one thread, on several, and on two and four ranks.</summary>
    public void AssertSameForAnyNumberOfRanks(TrainingOptions options, int threads)
    {
        RunFolder expected = NewFolder("one");
        Train(options, expected, threads: 1);
        RunFolder several = NewFolder("threads");
        Train(options, several, threads: threads);
        AssertSame(expected, several, options.Epochs);
        foreach (int size in new[] { 2, 4 })
        {
            RunFolder actual = NewFolder($"{size} ranks");
            ThreadCollective.Run(size, ranks => Train(options, actual, threads: 1, ranks: ranks));
            AssertSame(expected, actual, options.Epochs);
        }
    }

    /// <summary>
    /// Asserts that two runs ended alike: the best checkpoint byte for byte, the last one tensor for tensor, one line an epoch.
    /// </summary>
    public static void AssertSame(RunFolder expected, RunFolder actual, int epochs)
    {
        Assert.Equal(System.IO.File.ReadAllBytes(expected.BestCheckpointPath), System.IO.File.ReadAllBytes(actual.BestCheckpointPath));
        using SafeTensorsFile one = SafeTensorsFile.Open(expected.LastCheckpointPath);
        using SafeTensorsFile other = SafeTensorsFile.Open(actual.LastCheckpointPath);
        Assert.Equal(one.Tensors.Keys.Order(), other.Tensors.Keys.Order());
        Assert.Contains(one.Tensors.Keys, name => name.StartsWith(Checkpoint.TrainingPrefix, StringComparison.Ordinal));
        foreach (string name in one.Tensors.Keys)
        {
            Assert.True(Bits(one, name).AsSpan().SequenceEqual(Bits(other, name)), $"The tensor {name} differs.");
        }

        string[] keys = ["step", "epoch", "loss", "accuracy", "learningRate", "validationLoss", "top1"];
        Assert.Equal(
            expected.ReadMetrics().Select(line => string.Join(" ", keys.Select(key => line[key]?.ToJsonString()))),
            actual.ReadMetrics().Select(line => string.Join(" ", keys.Select(key => line[key]?.ToJsonString()))));
        Assert.Equal(Enumerable.Range(1, epochs), actual.ReadMetrics().Select(line => (int)line["epoch"]!));
        Assert.NotEmpty(Directory.GetFiles(actual.Path, "events.out.tfevents.*"));
        Assert.Empty(Directory.GetFiles(actual.Path, ".*"));
    }

    public void Dispose() => _folder.Dispose();

    private static int[] Bits(SafeTensorsFile file, string name)
    {
        float[] values = new float[file.Info(name).Count];
        file.ReadFloats(name, values);
        return [.. values.Select(BitConverter.SingleToInt32Bits)];
    }

    private sealed class Listener<T>(Action? listen) : IProgress<T>
    {
        public void Report(T value) => listen?.Invoke();
    }
}
