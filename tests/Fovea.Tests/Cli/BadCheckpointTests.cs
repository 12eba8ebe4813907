using System.Buffers.Binary;
using Fovea.Cli;
using Fovea.Formats;

namespace Fovea.Tests.Cli;

public sealed class BadCheckpointTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private const string Weight = "stages.0.0.proj.weight";

    [Fact]
    public async Task A_missing_extra_or_wrongly_shaped_tensor_is_named()
    {
        using TemporaryFolder folder = new();
        string broken = folder.File("broken.safetensors");
        string name = FirstWeight();

        TestCheckpoint.Rewrite(trained.Checkpoint, broken, tensors => tensors.RemoveAll(tensor => tensor.Name == name));
        await Fails(broken, "missing", name);

        TestCheckpoint.Rewrite(trained.Checkpoint, broken, tensors => tensors.Add(SafeTensor.FromFloats(Weight + "2", [2], new float[2])));
        await Fails(broken, "not part of the model", Weight + "2");

        TestCheckpoint.Rewrite(
            trained.Checkpoint,
            broken,
            tensors => tensors[tensors.FindIndex(tensor => tensor.Name == name)] = SafeTensor.FromFloats(name, [5], new float[5]));
        await Fails(broken, name, "[5]");
    }

    [Fact]
    public async Task Missing_or_damaged_metadata_are_named()
    {
        using TemporaryFolder folder = new();
        string broken = folder.File("broken.safetensors");
        TestCheckpoint.Rewrite(trained.Checkpoint, broken, changeMetadata: metadata => metadata.Clear());
        await Fails(broken, "fovea.model");

        (string Key, string Value)[] damages =
        [
            ("fovea.options", "null"), (
                "fovea.options", "{\"Classes\":3,\"Height\":30,\"Width\":30}"), ("fovea.options", "{\"Classes\":-3}"),
            ("fovea.classes", "null"), ("fovea.classes", "[\"apple\"]"), ("fovea.classes", "{"),
            ("fovea.preprocessing", "null"), ("fovea.preprocessing", "{\"height\":-1}"), ("fovea.model", "resnet"),
        ];
        foreach ((string key, string value) in damages)
        {
            TestCheckpoint.Rewrite(trained.Checkpoint, broken, changeMetadata: metadata => metadata[key] = value);
            await Fails(broken);
        }
    }

    [Fact]
    public async Task A_header_that_lies_and_a_file_cut_short_are_refused()
    {
        using TemporaryFolder folder = new();
        string broken = folder.File("broken.safetensors");
        byte[] bytes = File.ReadAllBytes(trained.Checkpoint);
        foreach (long length in new[] { long.MaxValue, bytes.Length, -1L, 1L << 40, 0, 3 })
        {
            byte[] lie = [.. bytes];
            BinaryPrimitives.WriteInt64LittleEndian(lie, length);
            File.WriteAllBytes(broken, lie);
            await Fails(broken);
        }

        foreach (int length in new[] { 0, 4, 8, 100, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(broken, bytes[..length]);
            await Fails(broken);
        }

        await Fails(folder.File("nowhere.safetensors"), "no such file");
        await Fails(folder.Path, "folder");
    }

    private static async Task Fails(string checkpoint, params string[] words)
    {
        await CliRun.Fails(ExitCodes.BadInput, [checkpoint, .. words], "evaluate", checkpoint, "nowhere");
        await CliRun.Fails(ExitCodes.BadInput, [checkpoint, .. words], "predict", checkpoint, "nowhere.png");

        // What is wrong with tensors alone is what the doctor is for: an answer, not an error.
        (int exitCode, _, string error) = await CliRun.Run(["doctor", checkpoint]);
        Assert.True(exitCode is ExitCodes.Success or ExitCodes.Failure or ExitCodes.BadInput, error);
        Assert.DoesNotContain("fault of fovea", error, StringComparison.Ordinal);
    }

    private string FirstWeight()
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(trained.Checkpoint);
        return file.Tensors.Keys.First(name => name.EndsWith("weight", StringComparison.Ordinal));
    }
}
