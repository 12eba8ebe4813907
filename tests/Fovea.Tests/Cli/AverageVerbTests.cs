using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Tests.Cli;

public sealed class AverageVerbTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Checkpoints_are_averaged_into_a_new_one()
    {
        string output = _folder.File("mean.safetensors");
        string last = Path.Combine(trained.Run, "last.safetensors");
        JsonObject answer = await CliRun.Succeeds("average", output, trained.Checkpoint, last);
        Assert.Equal(("cmt_nano", 2, output), ((string)answer["model"]!, (int)answer["checkpoints"]!, (string)answer["out"]!));
        using Model mean = Checkpoint.Load(output);
        using Model one = Checkpoint.Load(trained.Checkpoint);
        using Model other = Checkpoint.Load(last);
        foreach ((string name, Parameter tensor) in mean.Parameters.Tensors.Where(tensor => tensor.Value.Shape.Rank > 1))
        {
            float[] values = tensor.Variable.Data.ToArray();
            float[] ones = one.Parameters.Tensors[name].Variable.Data.ToArray();
            float[] others = other.Parameters.Tensors[name].Variable.Data.ToArray();
            Assert.All(Enumerable.Range(0, values.Length), i => Assert.Equal((float)(((double)ones[i] + others[i]) / 2), values[i]));
        }

        await CliRun.Succeeds("evaluate", output, trained.Data);
    }

    [Fact]
    public async Task What_cannot_be_averaged_is_refused_and_nothing_is_written()
    {
        string output = _folder.File("mean.safetensors");
        string[] two = [trained.Checkpoint, trained.Checkpoint];
        await CliRun.Fails(ExitCodes.WrongUsage, ["mean.pth", ".safetensors"], ["average", "mean.pth", .. two]);
        await CliRun.Fails(ExitCodes.WrongUsage, ["--overwrite"], ["average", trained.Checkpoint, .. two]);
        string small = _folder.File("small.safetensors");
        await CliRun.Succeeds("convert", trained.Checkpoint, "--classes", "2", "--out", small);
        await CliRun.Fails(ExitCodes.BadInput, [small], "average", output, trained.Checkpoint, small);
        Assert.False(File.Exists(output));
    }

    public void Dispose() => _folder.Dispose();
}
