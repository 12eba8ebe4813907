using Fovea.Formats;
using Fovea.Formats.PyTorch;

namespace Fovea.Tests.Formats;

/// <summary>Holds the reader against PyTorch itself over a larger random model.</summary>
public sealed class PyTorchPythonTests
{
    // Saves random tensors of all types and many views in each format, and beside them the same values as raw float64 in row-major order.
    private const string Program = """
        import collections, random, sys
        import torch
        folder = sys.argv[1]
        random.seed(7)
        torch.manual_seed(7)
        types = [
            torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int64,
            torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]
        weights = collections.OrderedDict()
        for i in range(300):
            shape = [random.choice([1, 2, 3, 5, 8, 17]) for _ in range(random.randrange(5))]
            tensor = (50 * torch.rand(shape)).to(types[i % len(types)])
            order = list(range(len(shape)))
            random.shuffle(order)
            tensor = tensor.permute(order)
            for axis in range(tensor.dim()):
                if random.random() < 0.3:
                    tensor = tensor.narrow(axis, tensor.shape[axis] // 2, tensor.shape[axis] - tensor.shape[axis] // 2)
            weights[f"module.stage{i % 4}.block{i}.weight"] = tensor
        weights["module.large.weight"] = torch.randn(700, 300).t()
        state = {"state_dict": weights, "epoch": 3}
        torch.save(state, folder + "/new.pt")
        torch.save(state, folder + "/new5.pt", pickle_protocol=5)
        torch.save(state, folder + "/old.pt.tar", _use_new_zipfile_serialization=False)
        with open(folder + "/values", "wb") as values:
            for tensor in weights.values():
                values.write(tensor.double().contiguous().numpy().tobytes())
        """;

    [TorchFact]
    public void A_random_model_reads_as_PyTorch_saved_it()
    {
        using TemporaryFolder folder = new();
        (int exitCode, string output) = TorchFactAttribute.Run(Program, folder.Path);
        Assert.True(exitCode == 0, output);
        byte[] values = File.ReadAllBytes(folder.File("values"));
        foreach (string name in new[] { "new.pt", "new5.pt", "old.pt.tar" })
        {
            using PyTorchFile file = PyTorchFile.Open(folder.File(name));
            StateDict weights = file.ChooseStateDict();
            Assert.Equal("state_dict", weights.KeyPath);
            Assert.Equal("module.", weights.Wrapper);
            Assert.Equal(301, weights.Count);
            int position = 0;
            foreach (TensorInfo info in weights.TensorInfos)
            {
                foreach (float value in PyTorchFileTests.Floats(weights, info.Name))
                {
                    Assert.Equal((float)BitConverter.ToDouble(values, position), value);
                    position += sizeof(double);
                }
            }

            Assert.Equal(values.Length, position);
        }
    }
}
