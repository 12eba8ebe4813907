using System.Text.Json.Nodes;
using Fovea.Cli;
using Fovea.Formats;

namespace Fovea.Tests.Cli;

public sealed class ShippedNetworksTests(TrainedRun trained) : IClassFixture<TrainedRun>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_network_that_ships_is_found_by_its_name()
    {
        string model = _folder.File("models/tiny/cmt_nano/model.safetensors");
        Directory.CreateDirectory(Path.GetDirectoryName(model)!);
        await CliRun.Succeeds("convert", trained.Checkpoint, "--float16", "--out", model);
        string image = Path.Combine(trained.Data, "test", "apple", "00.png");
        string? before = Environment.GetEnvironmentVariable(ShippedNetworks.FolderVariable);
        Environment.SetEnvironmentVariable(ShippedNetworks.FolderVariable, _folder.File("models"));
        try
        {
            JsonNode shipped = Assert.Single((await CliRun.Succeeds("models"))["trained"]!.AsArray())!;
            Assert.Equal(
                ("tiny/cmt_nano", "cmt_nano", 3, new FileInfo(model).Length),
                ((string)shipped["name"]!, (string)shipped["model"]!, (int)shipped["classes"]!, (long)shipped["bytes"]!));
            Assert.Equal(
                (await CliRun.Succeeds("predict", model, image)).ToJsonString(),
                (await CliRun.Succeeds("predict", "tiny/cmt_nano", image)).ToJsonString());
            foreach (string[] verb in new string[][] { ["evaluate", "tiny/cmt_nano", trained.Data], ["doctor", "tiny/cmt_nano"] })
            {
                await CliRun.Succeeds(verb);
            }

            Assert.Equal(3, (int)(await CliRun.Succeeds("info", "tiny/cmt_nano"))["classes"]!);
            await CliRun.Succeeds("convert", "tiny/cmt_nano", "--out", _folder.File("back.pth"));
            await CliRun.Succeeds("export", "tiny/cmt_nano", "--onnx", _folder.File("net.onnx"));
            await CliRun.Fails(ExitCodes.BadInput, ["tiny/cmt_nono", "tiny/cmt_nano"], "predict", "tiny/cmt_nono", image);
            await CliRun.Fails(ExitCodes.BadInput, ["nowhere.safetensors"], "predict", "nowhere.safetensors", image);
        }
        finally
        {
            Environment.SetEnvironmentVariable(ShippedNetworks.FolderVariable, before);
        }
    }

    [Fact]
    public async Task Weights_of_sixteen_bits_take_half_the_room_and_predict_nearly_alike()
    {
        string half = _folder.File("half.safetensors");
        string whole = _folder.File("whole.safetensors");
        await CliRun.Succeeds("convert", trained.Checkpoint, "--out", whole);
        await CliRun.Succeeds("convert", trained.Checkpoint, "--float16", "--out", half);
        Assert.InRange((double)new FileInfo(half).Length / new FileInfo(whole).Length, 0.5, 0.6);
        using (SafeTensorsFile file = SafeTensorsFile.Open(half))
        {
            Assert.All(
                file.Tensors.Where(tensor => tensor.Value.ElementType != SafeTensorType.I64),
                tensor => Assert.Equal(
                    tensor.Value.Shape.Count > 1 ? SafeTensorType.F16 : SafeTensorType.F32, tensor.Value.ElementType));
        }

        string image = Path.Combine(trained.Data, "test", "apple", "00.png");
        double[] expected = await Probabilities(whole, image);
        double[] actual = await Probabilities(half, image);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 2));
        string other = _folder.File("a.pth");
        await CliRun.Fails(
            ExitCodes.WrongUsage, ["--float16", ".safetensors"], "convert", trained.Checkpoint, "--float16", "--out", other);
    }

    [Fact]
    public async Task A_folder_of_images_is_predicted_by_content_where_names_do_not_tell()
    {
        string photos = _folder.File("photos");
        Directory.CreateDirectory(photos);
        string image = Path.Combine(trained.Data, "test", "apple", "00.png");
        foreach (string name in new[] { "a.png", "b", "c.mpo", ".hidden.png" })
        {
            File.Copy(image, Path.Combine(photos, name));
        }

        File.WriteAllText(Path.Combine(photos, "readme.txt"), "no image");
        File.WriteAllBytes(Path.Combine(photos, "nothing"), []);
        JsonArray predictions = (await CliRun.Succeeds("predict", trained.Checkpoint, photos))["predictions"]!.AsArray();
        Assert.Equal(["a.png", "b", "c.mpo"], predictions.Select(one => Path.GetFileName((string)one!["image"]!)));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<double[]> Probabilities(string checkpoint, string image)
    {
        JsonNode answer = (await CliRun.Succeeds("predict", checkpoint, image))["predictions"]![0]!;
        return [.. answer["classes"]!.AsArray().OrderBy(one => (string)one!["class"]!).Select(one => (double)one!["probability"]!)];
    }
}
