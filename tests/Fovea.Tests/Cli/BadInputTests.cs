using Fovea.Cli;

namespace Fovea.Tests.Cli;

public sealed class BadInputTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    [Fact]
    public async Task Options_that_do_not_fit_are_named_and_leave_no_folder()
    {
        (string[] Words, string[] Options)[] cases =
        [
            (["cmt_nano", "30"], ["--size", "30"]),
            (["--size"], ["--size", "0x16"]),
            (["--batch 100", "21"], ["--batch", "100"]),
            (["--batch"], ["--batch", "0"]),
            (["--epochs"], ["--epochs", "0"]),
            (["--threads"], ["--threads", "0"]),
            (["--learning-rate"], ["--learning-rate", "-1"]),
            (["--learning-rate"], ["--learning-rate", "NaN"]),
            (["--ema-decay"], ["--ema-decay", "1"]),
            (["--ema-decay"], ["--average", "1"]),
            (["--drop-path"], ["--drop-path", "1"]),
            (["--validation-fraction"], ["--validation-fraction", "1"]),
            (["--validation-fraction"], ["--validation-fraction", "-0.1"]),
            (["cmt_nan0", "cmt_nano"], ["--model", "cmt_nan0"]),
            (["--optimizer", "adam"], ["--optimizer", "adam"]),
        ];
        using TemporaryFolder folder = new();
        foreach ((string[] words, string[] options) in cases)
        {
            string[] size = options[0] == "--size" ? [] : ["--size", "16"];
            await CliRun.Fails(ExitCodes.WrongUsage, words, ["train", trained.Data, .. size, .. options, "--out", folder.File("run")]);
            Assert.False(Directory.Exists(folder.File("run")), string.Join(" ", options));
        }

        await CliRun.Fails(ExitCodes.WrongUsage, ["DATA"], "train", "--out", folder.File("run"));
        await CliRun.Fails(ExitCodes.WrongUsage, ["empty"], "train", "");
        await CliRun.Fails(ExitCodes.WrongUsage, ["empty"], "train", trained.Data, "--out", "");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--batch"], "evaluate", trained.Checkpoint, trained.Data, "--batch", "0");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--threads"], "quickstart", "--threads", "0", "--out", folder.File("run"));
        await CliRun.Fails(ExitCodes.WrongUsage, ["--epochs"], "quickstart", "--epochs", "0", "--out", folder.File("run"));
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public async Task Data_sets_that_cannot_be_used_are_named()
    {
        using TemporaryFolder folder = new();
        await Fails(folder, folder.File("nowhere"), "no such file or folder");

        TinyImages.Write(folder.File("single"), 4, 1, "apple");
        await Fails(folder, folder.File("single"), "only one class", "apple");

        TinyImages.Write(folder.File("hollow"), 4);
        Directory.CreateDirectory(folder.File("hollow/void"));
        await Fails(folder, folder.File("hollow"), "void");

        string idx = Directory.CreateDirectory(folder.File("idx")).FullName;
        byte[] images = Data.TestData.Idx([30, 16, 16], new byte[30 * 256]);
        File.WriteAllBytes(Path.Combine(idx, "train-images-idx3-ubyte"), images[..^100]);
        File.WriteAllBytes(
            Path.Combine(idx, "train-labels-idx1-ubyte"), Data.TestData.Idx([30], [.. Enumerable.Range(0, 30).Select(i => (byte)(i % 3))]));
        await Fails(folder, idx, "train-images-idx3-ubyte");

        string tar = folder.File("outside.tar");
        File.WriteAllBytes(
            tar, Data.TestData.Tar(("apple/1.png", Data.TestData.SmallPng(1)), ("../bread/1.png", Data.TestData.SmallPng(2))));
        await Fails(folder, tar, "../bread/1.png");
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "..", "bread")));

        string cut = folder.File("cut.tar.gz");
        File.WriteAllBytes(
            cut,
            Data.TestData.Gzip(
                Data.TestData.Tar(("apple/1.png", Data.TestData.SmallPng(1)), ("bread/1.png", Data.TestData.SmallPng(2))))[..^30]);
        await Fails(folder, cut);
    }

    [Fact]
    public async Task A_broken_image_is_named_in_training_and_in_prediction()
    {
        byte[] jpeg = Convert.FromBase64String(Data.TestData.BaselineJpeg);
        (string Name, byte[] Bytes)[] broken =
        [
            ("empty.png", []), ("half.jpg", jpeg[..(jpeg.Length / 2)]), (
                "cut.png", Data.TestData.SmallPng(3)[..^20]), ("text.png", [1, 2, 3]),
        ];
        foreach ((string name, byte[] bytes) in broken)
        {
            using TemporaryFolder folder = new();
            TinyImages.Write(folder.File("data"), 6);
            string image = folder.File($"data/bread/{name}");
            File.WriteAllBytes(image, bytes);
            await CliRun.Fails(
                ExitCodes.BadInput,
                [name, "--max-bad 1"],
                [
                    "train", folder.File("data"), "--size", "16", "--batch", "2", "--epochs", "1", "--max-bad", "0",
                    "--out", folder.File("run"),
                ]);
            Assert.False(File.Exists(folder.File("run/best.safetensors")));
            await CliRun.Fails(ExitCodes.BadInput, [image], "predict", trained.Checkpoint, image);
        }

        await CliRun.Fails(ExitCodes.BadInput, ["nowhere.png"], "predict", trained.Checkpoint, "nowhere.png");
    }

    [Fact]
    public async Task A_set_of_other_classes_is_refused()
    {
        using TemporaryFolder folder = new();
        string other = TinyImages.Write(folder.File("other"), 4, 1, "apple", "bread", "clown");
        await CliRun.Fails(ExitCodes.BadInput, ["clown", "cloud"], "evaluate", trained.Checkpoint, other);
        await CliRun.Fails(
            ExitCodes.BadInput,
            ["clown", "cloud"],
            ["train", trained.Data, "--validation", other, "--size", "16", "--batch", "8", "--out", folder.File("run")]);
        Assert.False(Directory.Exists(folder.File("run")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_or_holds_a_run_is_refused_and_stays_as_it_is()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("file");
        File.WriteAllText(file, "mine");
        await CliRun.Fails(ExitCodes.Failure, [file], Train(file));
        Assert.Equal("mine", File.ReadAllText(file));
        if (Directory.Exists("/proc/self"))
        {
            await CliRun.Fails(ExitCodes.Failure, ["/proc/fovea"], Train("/proc/fovea"));
        }

        byte[] before = File.ReadAllBytes(trained.Checkpoint);
        await CliRun.Fails(ExitCodes.Failure, [trained.Run, "--overwrite", "--resume"], Train(trained.Run));
        Assert.Equal(before, File.ReadAllBytes(trained.Checkpoint));

        // An earlier run also outlives a new one that cannot begin.
        await CliRun.Fails(ExitCodes.WrongUsage, ["--batch"], [.. Train(trained.Run), "--overwrite", "--batch", "100"]);
        Assert.Equal(before, File.ReadAllBytes(trained.Checkpoint));
    }

    [Fact]
    public async Task Resuming_needs_a_run_with_a_whole_configuration()
    {
        using TemporaryFolder folder = new();
        await CliRun.Fails(ExitCodes.BadInput, [folder.Path, "config.json"], "train", "--resume", "--out", folder.Path);
        string[] broken =
        [
            "", "[]", "{}", "{\"data\":3,\"training\":{}}", "{\"data\":\"x\",\"training\":{\"epochs\":0}}",
            "{\"data\":\"x\",\"training\":{\"epochs\":\"many\"}}",
        ];
        foreach (string config in broken)
        {
            File.WriteAllText(folder.File("config.json"), config);
            await CliRun.Fails(ExitCodes.BadInput, ["config.json"], "train", "--resume", "--out", folder.Path);
        }
    }

    [Fact]
    public async Task Divergence_ends_with_its_own_message()
    {
        using TemporaryFolder folder = new();
        await CliRun.Fails(
            ExitCodes.Failure,
            ["diverged at step", "learning rate", " at "],
            [.. Train(folder.File("run")), "--learning-rate", "1e6", "--clip", "0", "--warm-up", "0"]);
    }

    [Fact]
    public async Task A_fraction_of_nothing_validates_on_the_training_images()
    {
        using TemporaryFolder folder = new();
        TinyImages.Write(folder.File("data"), 4);
        await CliRun.Succeeds(
            "train",
            folder.File("data"),
            "--validation-fraction",
            "0",
            "--size",
            "16",
            "--batch",
            "6",
            "--epochs",
            "1",
            "--learning-rate",
            "1e-6",
            "--out",
            folder.File("run"));

        TinyImages.Write(folder.File("singles"), 1);
        await CliRun.Fails(
            ExitCodes.WrongUsage,
            ["--validation-fraction"],
            "train",
            folder.File("singles"),
            "--size",
            "16",
            "--batch",
            "1",
            "--out",
            folder.File("run2"));
    }

    private static async Task Fails(TemporaryFolder folder, string data, params string[] words)
    {
        await CliRun.Fails(
            ExitCodes.BadInput, words, "train", data, "--size", "16", "--batch", "2", "--epochs", "1", "--out", folder.File("run"));
        Assert.False(File.Exists(folder.File("run/best.safetensors")));
    }

    private string[] Train(string folder) => ["train", trained.Data, "--size", "16", "--batch", "8", "--epochs", "2", "--out", folder];
}
