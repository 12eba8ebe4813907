using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli;
using Fovea.Data;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tests.Onnx;

namespace Fovea.Tests.Cli;

public sealed class ExportVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder.File("model.onnx");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_model_with_fresh_weights_becomes_a_file()
    {
        JsonObject answer = await CliRun.Succeeds(
            "export", "--model", "cmt_nano", "--onnx", Target, "--classes", "3", "--opset", "18", "--seed", "2");
        Assert.Equal(Target, (string)Assert.Single(answer["files"]!.AsArray())!);
        Assert.Equal(new FileInfo(Target).Length, (long)answer["bytes"]!);
        OnnxContent file = new(Target);
        Assert.Equal(["batch", "3"], file.Axes(12));
        Assert.Equal(18, file.Model.Message(8).Integer(2));
    }

    [Fact]
    public async Task A_checkpoint_keeps_its_labels_and_weights_at_another_size()
    {
        string checkpoint = _folder.File("model.safetensors");
        ModelOptions options = new(Classes: 2);
        Network network = ModelRegistry.Create("cmt_nano", options);
        using ParameterStore state = new(network);
        state.Initialize(3);
        Checkpoint.Save(
            checkpoint, new ModelInfo("cmt_nano", options, ["cat", "dog"], new Preprocessing { Height = 32, Width = 32 }), state);
        await CliRun.Succeeds("export", checkpoint, "--onnx", Target, "--size", "64x32", "--with-preprocessing");
        OnnxContent file = new(Target);
        Assert.Equal(["batch", "64", "32", "3"], file.Axes(11));
        Assert.Equal("""["cat","dog"]""", file.Metadata["fovea.classes"]);
        Assert.Equal(state.Tensors["head.weight"].Variable.Data.ToArray(), file.Initializers["head.weight"].Floats(9));
    }

    [Fact]
    public async Task A_detector_becomes_a_file_for_one_image_of_a_size()
    {
        await CliRun.Succeeds("export", "--model", "retinanet:cmt_nano", "--onnx", Target, "--classes", "3", "--size", "64x96");
        OnnxContent file = new(Target);
        Assert.Equal(["1", "3", "64", "96"], file.Axes(11));
        Assert.Equal(["boxes", "scores", "classes"], file.Graph.Messages(12).Select(output => output.Text(1)));
    }

    [Fact]
    public async Task Wrong_usage_is_named()
    {
        await CliRun.Fails(ExitCodes.WrongUsage, ["either a checkpoint or --model"], "export", "--onnx", Target);
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--opset 16", "17 to 21"], "export", "--model", "cmt_nano", "--onnx", Target, "--opset", "16");
        await CliRun.Fails(ExitCodes.WrongUsage, ["no model 'cmt_nan'", "cmt_nano"], "export", "--model", "cmt_nan", "--onnx", Target);
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--classes", "fresh weights"], "export", "some.safetensors", "--classes", "3", "--onnx", Target);
        await CliRun.Fails(ExitCodes.BadInput, ["missing.safetensors"], "export", _folder.File("missing.safetensors"), "--onnx", Target);
        await CliRun.Fails(
            ExitCodes.Failure, ["folder does not exist"], "export", "--model", "cmt_nano", "--onnx", _folder.File("missing/model.onnx"));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }
}
