using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tests.Checkpoints;

namespace Fovea.Tests.Cli;

public sealed class CheckpointVerbsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Convert_tells_the_model_and_what_it_did_and_the_result_predicts()
    {
        string checkpoint = Write("pit_ti", 64, "timm");
        string labels = _folder.File("labels.txt");
        File.WriteAllText(labels, "cat\n\ndog \n");
        string own = _folder.File("own.safetensors");
        JsonObject answer = await CliRun.Succeeds(
            "convert", checkpoint, "--classes", "2", "--labels", labels, "--size", "96", "--out", own);
        Assert.Equal(("pit_ti", 2, "timm"), ((string)answer["model"]!, (int)answer["classes"]!, (string)answer["scheme"]!));
        Assert.Equal(["pos_embed"], answer["resized"]!.AsArray().Select(name => (string)name!));
        Assert.Equal(["head.weight", "head.bias"], answer["fresh"]!.AsArray().Select(name => (string)name!));
        using (SafeTensorsFile file = SafeTensorsFile.Open(own))
        {
            ModelInfo info = Checkpoint.ReadInfo(file);
            Assert.Equal(["cat", "dog"], info.Classes);
            Assert.Equal((96, 106), (info.Preprocessing.Width, info.Preprocessing.ResizeTo));
        }

        string back = _folder.File("back.pth");
        answer = await CliRun.Succeeds("convert", own, "--scheme", "timm-0.8", "--out", back);
        Assert.Equal("official", (string)answer["scheme"]!);
        answer = await CliRun.Succeeds("doctor", back);
        Assert.Equal(("pit_ti", "timm-0.8", true), ((string)answer["model"]!, (string)answer["scheme"]!, (bool)answer["loads"]!));
        Assert.Equal("pit_ti", (string)answer["models"]![0]!["model"]!);
        Assert.Equal([96, 96], answer["models"]![0]!["input"]!.AsArray().Select(side => (int)side!));
    }

    [Fact]
    public async Task Training_begins_with_a_checkpoint_of_another_kind()
    {
        string checkpoint = Write("cmt_nano", 32, "official");
        string data = _folder.File("data");
        TinyImages.Write(data, 4);
        string run = _folder.File("run");
        JsonObject answer = await CliRun.Succeeds(
            ["train", data, "--from", checkpoint, "--size", "16", "--batch", "4", "--epochs", "1", "--learning-rate", "1e-30",
                "--warm-up", "0", "--threads", "1", "--out", run]);
        Assert.Equal("cmt_nano", (string)answer["model"]!);
        using SafeTensorsFile file = SafeTensorsFile.Open(Path.Combine(run, "last.safetensors"));
        (_, ParameterStore state) = StateFiles.Fresh("cmt_nano", new ModelOptions(10));
        using (state)
        {
            // A learning rate of nothing leaves the weights as they began.
            string name = "blocks_b.0.attn.q.weight";
            float[] values = new float[file.Info(name).Count];
            file.ReadFloats(name, values);
            Assert.All(state.Tensors[name].Variable.Data.ToArray().Zip(values), pair => Assert.Equal(pair.First, pair.Second, 1e-20f));
            Assert.NotEqual(10, file.Info("head.weight").Shape[0]);
            Assert.Equal(Checkpoint.ReadInfo(file).Preprocessing.Mean, new Preprocessing().Mean);
        }
    }

    [Fact]
    public async Task Doctor_ends_with_1_and_remedies_where_a_checkpoint_does_not_load()
    {
        string checkpoint = Write("cmt_nano", 32, "official");
        (int exitCode, string output, string error) = await CliRun.Run(["doctor", checkpoint, "--model", "cmt_ti"]);
        Assert.Equal(ExitCodes.Failure, exitCode);
        JsonNode answer = JsonNode.Parse(output)!;
        Assert.False((bool)answer["loads"]!);
        Assert.NotEmpty(answer["problems"]!.AsArray());
        Assert.All(
            answer["problems"]!.AsArray(),
            problem => Assert.Contains("--model cmt_nano", (string)problem!["remedy"]!, StringComparison.Ordinal));
        Assert.Contains("does not load as cmt_ti", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_and_broken_files_are_told_apart()
    {
        string checkpoint = Write("pit_ti", 64, "official");
        string broken = _folder.File("broken.pth");
        File.WriteAllBytes(broken, File.ReadAllBytes(checkpoint)[..5000]);
        string target = _folder.File("out.safetensors");
        await CliRun.Fails(ExitCodes.BadInput, [broken], "doctor", broken);
        await CliRun.Fails(ExitCodes.BadInput, [broken], "convert", broken, "--out", target);
        await CliRun.Fails(ExitCodes.BadInput, ["no such file"], "doctor", _folder.File("nowhere.pth"));
        await CliRun.Fails(ExitCodes.BadInput, ["no tensors under 'ema'"], "doctor", checkpoint, "--weights", "ema");
        await CliRun.Fails(ExitCodes.BadInput, ["--model pit_ti"], "convert", checkpoint, "--model", "pit_s", "--out", target);
        await CliRun.Fails(ExitCodes.WrongUsage, ["pit_ti"], "doctor", checkpoint, "--model", "pit");
        await CliRun.Fails(ExitCodes.WrongUsage, [".safetensors"], "convert", checkpoint, "--out", _folder.File("out.bin"));
        await CliRun.Fails(ExitCodes.WrongUsage, ["timm"], "convert", checkpoint, "--out", target, "--scheme", "timm");
        await CliRun.Fails(
            ExitCodes.WrongUsage,
            ["lucidrains is not for pit_ti"],
            "convert",
            checkpoint,
            "--out",
            _folder.File("out.pt"),
            "--scheme",
            "lucidrains");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--norm-epsilon"], "convert", checkpoint, "--out", target, "--norm-epsilon", "2");
        await CliRun.Fails(ExitCodes.WrongUsage, ["--classes 0"], "convert", checkpoint, "--out", target, "--classes", "0");
        await CliRun.Fails(ExitCodes.WrongUsage, ["8×8"], "convert", checkpoint, "--out", target, "--size", "8");
        string labels = _folder.File("labels.txt");
        File.WriteAllText(labels, "one\ntwo\n");
        await CliRun.Fails(ExitCodes.WrongUsage, ["2 labels for 10 classes"], "convert", checkpoint, "--out", target, "--labels", labels);
        await CliRun.Fails(ExitCodes.Failure, ["folder"], "convert", checkpoint, "--out", _folder.File("nowhere/out.pth"));
        Assert.False(File.Exists(target));
    }

    private string Write(string model, int side, string scheme)
    {
        (_, ParameterStore state) = StateFiles.Fresh(model, new ModelOptions(10, side, side));
        using (state)
        {
            string path = _folder.File(model + ".pth");
            StateFiles.Write(path, state, StateFiles.Scheme(scheme).NameOf);
            return path;
        }
    }
}
