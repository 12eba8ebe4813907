using System.Globalization;
using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tests.Checkpoints;

namespace Fovea.Tests.Formats;

public sealed class PyTorchWriterTests : IDisposable
{
    // Debian's torchvision is a package of its own.
    private const string Torchvision = """
        import importlib.util, sys
        if importlib.util.find_spec("torchvision") is None:
            print("no torchvision"); sys.exit(0)
        import torch, torchvision
        model = torchvision.models.resnet50(num_classes=10).eval()
        model.load_state_dict(torch.load(sys.argv[1]), strict=True)
        image = torch.tensor([float(word) for word in open(sys.argv[2]).read().split()], dtype=torch.float32)
        image = image.reshape(1, 32, 32, 3).permute(0, 3, 1, 2)
        with torch.no_grad():
            print(" ".join(repr(value) for value in model(image)[0].tolist()))
        """;

    // Builds modules from names and shapes, loads each state dict into its own, and prints the sum of all absolute values.
    private const string Strict = """
        import sys, torch
        for path in sys.argv[1:]:
            state = torch.load(path)
            assert type(state).__name__ == "OrderedDict"
            root = torch.nn.Module()
            for line in open(path + ".names").read().splitlines():
                name, kind, *shape = line.split()
                *way, last = name.split(".")
                module = root
                for word in way:
                    if word not in module._modules:
                        module.add_module(word, torch.nn.Module())
                    module = module._modules[word]
                shape = [int(extent) for extent in shape]
                if kind == "Weight":
                    module.register_parameter(last, torch.nn.Parameter(torch.zeros(shape)))
                else:
                    module.register_buffer(last, torch.zeros(shape, dtype=torch.long if kind == "Counter" else torch.float32))
            root.load_state_dict(state, strict=True)
            print(repr(sum(tensor.double().abs().sum().item() for tensor in root.state_dict().values())))
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_again_with_types_shapes_and_order()
    {
        string path = _folder.File("a.pth");
        SafeTensor[] tensors =
        [
            SafeTensor.FromFloats("matrix", [2, 3], new float[] { 1, 2, 3, 4, 5, float.NaN }),
            SafeTensor.FromInt64s("count", [], new long[] { 1L << 40 }),
            SafeTensor.FromBytes("bytes", [3], new byte[] { 0, 7, 255 }),
            SafeTensor.FromFloats("empty", [0, 4], Array.Empty<float>()),
            SafeTensor.FromFloats("größe.weight", [1], new float[] { -1 }),
        ];
        PyTorchWriter.Write(path, tensors);
        byte[] first = File.ReadAllBytes(path);
        using (PyTorchFile file = PyTorchFile.Open(path))
        {
            Assert.Equal(
                tensors.Select(tensor => (tensor.Name, tensor.ElementType)),
                file.Tensors.Values.Select(info => (info.Name, info.ElementType)));
            Assert.Equal(
                tensors.Select(tensor => string.Join(",", tensor.Shape)), file.Tensors.Values.Select(info => string.Join(",", info.Shape)));
            Assert.Equal([1, 2, 3, 4, 5, float.NaN], PyTorchFileTests.Floats(file, "matrix"));
            Assert.Equal([-1f], PyTorchFileTests.Floats(file, "größe.weight"));
            long[] count = new long[1];
            file.ReadInt64s("count", count);
            Assert.Equal([1L << 40], count);
        }

        PyTorchWriter.Write(path, tensors);
        Assert.Equal(first, File.ReadAllBytes(path));
    }

    [Fact]
    public void Equal_names_and_unwritable_places_are_refused_and_leave_nothing_behind()
    {
        SafeTensor tensor = SafeTensor.FromFloats("a", [1], new float[1]);
        Assert.Throws<ArgumentException>(() => PyTorchWriter.Write(_folder.File("a.pth"), [tensor, tensor]));
        SafeTensor liar = SafeTensor.FromFloats("a", [2], () => new float[1]);
        Assert.Throws<ArgumentException>(() => PyTorchWriter.Write(_folder.File("a.pth"), [liar]));
        Assert.Throws<UnwritableFileException>(() => PyTorchWriter.Write(_folder.File("nowhere/a.pth"), [tensor]));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [TorchFact]
    public void PyTorch_takes_every_family_strictly()
    {
        List<string> paths = [];
        List<double> sums = [];
        (string Model, int Side)[] models =
        [
            ("cmt_nano", 32), ("pit_ti", 64), ("patchconvnet_s60", 32), ("crossformer_s", 32), ("botnet50", 64),
        ];
        foreach ((string model, int side) in models)
        {
            (_, ParameterStore state) = StateFiles.Fresh(model, new ModelOptions(10, side, side));
            using (state)
            {
                paths.Add(_folder.File(model + ".pth"));
                StateFiles.Write(paths[^1], state);
                File.WriteAllLines(
                    paths[^1] + ".names",
                    state.Tensors.Select(tensor => $"{tensor.Key} {tensor.Value.Kind} {string.Join(" ", tensor.Value.CheckpointShape)}"));
                double sum = 0;
                foreach (Parameter tensor in state.Tensors.Values)
                {
                    foreach (float value in tensor.Variable.Data)
                    {
                        sum += Math.Abs((double)value);
                    }
                }

                sums.Add(sum);
            }
        }

        (int exitCode, string output) = TorchFactAttribute.Run(Strict, [.. paths]);
        Assert.True(exitCode == 0, output);
        double[] read = [.. output.Trim().Split('\n').Select(line => double.Parse(line, CultureInfo.InvariantCulture))];
        Assert.All(sums.Zip(read, (expected, got) => got / expected), ratio => Assert.Equal(1, ratio, 1e-9));
        Assert.Equal(sums.Count, read.Length);
    }

    [TorchFact]
    public void Torchvisions_ResNet_gives_the_same_logits()
    {
        (Network network, ParameterStore state) = StateFiles.Fresh("resnet50", new ModelOptions(10, 32, 32));
        using (state)
        {
            string path = _folder.File("weights.pth");
            StateFiles.Write(path, state);
            using Engine.Execution.WorkerPool pool = new(1);
            using Engine.Execution.Plan plan = Models.ModelPlans.Inference(network, pool, 1, 32, 32);
            plan.Run();
            string image = _folder.File("image");
            File.WriteAllText(
                image, string.Join(' ', plan.Input("images").ToArray().Select(value => value.ToString("R", CultureInfo.InvariantCulture))));
            (int exitCode, string output) = TorchFactAttribute.Run(Torchvision, path, image);
            Assert.True(exitCode == 0, output);
            if (output.StartsWith("no torchvision", StringComparison.Ordinal))
            {
                return;
            }

            float[] expected = [.. output.Trim().Split(' ').Select(word => float.Parse(word, CultureInfo.InvariantCulture))];
            float[] logits = plan.Output("logits").ToArray();
            float size = expected.Max(Math.Abs);
            Assert.All(expected.Zip(logits), pair => Assert.Equal(pair.First, pair.Second, 1e-4f * size));
        }
    }
}
