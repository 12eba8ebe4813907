using Fovea.Formats;
using Fovea.Formats.PyTorch;

namespace Fovea.Tests.Formats;

/// <summary>Reads the files that files/make.py wrote, in both formats.</summary>
public sealed class PyTorchFileTests
{
    [Theory]
    [InlineData("types.pth")]
    [InlineData("types-old.pth")]
    public void Every_element_type_is_read(string name)
    {
        using PyTorchFile file = Open(name);
        (string Name, SafeTensorType Type)[] types =
        [
            ("float32", SafeTensorType.F32), ("float16", SafeTensorType.F16), (
                "bfloat16", SafeTensorType.BF16), ("float64", SafeTensorType.F64),
            ("int64", SafeTensorType.I64), ("int32", SafeTensorType.I32), ("int16", SafeTensorType.I16), ("int8", SafeTensorType.I8),
            ("uint8", SafeTensorType.U8), ("bool", SafeTensorType.Bool),
        ];
        Assert.Equal(types.Select(type => type.Name), file.Tensors.Keys);
        foreach ((string key, SafeTensorType type) in types)
        {
            float[] want = type switch
            {
                SafeTensorType.U8 => [253, 254, 255, 0, 1, 2, 3],
                SafeTensorType.Bool => [1, 1, 1, 0, 1, 1, 1],
                _ => [-3, -2, -1, 0, 1, 2, 3],
            };
            Assert.Equal(type, file.Info(key).ElementType);
            Assert.Equal([7], file.Info(key).Shape);
            Assert.Equal(want, Floats(file, key));
            if (key.Contains("float", StringComparison.Ordinal))
            {
                Assert.Contains(
                    "integers are expected",
                    Assert.Throws<InvalidFileException>(() => file.ReadInt64s(key, new long[7])).Message,
                    StringComparison.Ordinal);
            }
            else
            {
                long[] integers = new long[7];
                file.ReadInt64s(key, integers);
                Assert.Equal(want, integers.Select(value => (float)value));
            }
        }
    }

    [Theory]
    [InlineData("views.pth")]
    [InlineData("views-old.pth")]
    public void Views_of_shared_storages_are_read_in_row_major_order(string name)
    {
        using PyTorchFile file = Open(name);
        Check("base", [4, 6], i => (6 * i[0]) + i[1] - 3);
        Check("transposed", [6, 4], i => (6 * i[1]) + i[0] - 3);
        Check("columns", [4, 3], i => (6 * i[0]) + i[1] + 1 - 3);
        Check("steps", [2, 2], i => (12 * i[0]) + (3 * i[1]) - 3);
        Check("permuted", [4, 2, 3], i => (12 * i[1]) + (4 * i[2]) + i[0] - 3);
        Check("expanded", [3, 5], i => i[0] - 3);
        Check("scalar", [], _ => 15 - 3);
        Check("empty", [0, 6], _ => 0);
        Check("many", [30, 40], i => (30 * i[1]) + i[0] - 3);

        void Check(string key, int[] shape, Func<int[], float> value)
        {
            Assert.Equal(shape, file.Info(key).Shape);
            float[] got = Floats(file, key);
            for (int element = 0; element < got.Length; element++)
            {
                int[] index = new int[shape.Length];
                for (int axis = shape.Length - 1, rest = element; axis >= 0; axis--)
                {
                    (rest, index[axis]) = Math.DivRem(rest, shape[axis]);
                }

                Assert.Equal(value(index), got[element]);
            }
        }
    }

    [Theory]
    [InlineData("training.pth")]
    [InlineData("training-old.pth")]
    [InlineData("training-protocol4.pth")]
    public void A_training_checkpoint_is_read_with_all_that_stands_beside_the_weights(string name)
    {
        using PyTorchFile file = Open(name);
        Assert.Equal([-3f, -2, -1, 0, 1, 2], Floats(file, "model.module.0.weight"));
        Assert.Equal([-6f, -4, -2, 0, 2, 4], Floats(file, "model_ema.0.weight"));
        Assert.Equal([2, 3], file.Info("optimizer.state.0.exp_avg").Shape);
        Assert.Equal([1f, 1f], Floats(file, "args.ema"));
        Assert.Equal([-3f, -2], Floats(file, "parameter"));
        long[] batches = new long[1];
        file.ReadInt64s("model.module.1.num_batches_tracked", batches);
        Assert.Equal([1L], batches);

        StateDict weights = file.ChooseStateDict();
        Assert.Equal("model", weights.KeyPath);
        Assert.Equal("module.", weights.Wrapper);
        string[] keys = ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"];
        Assert.Equal(keys, weights.TensorInfos.Select(info => info.Name));
        Assert.Equal([-3f, -2, -1, 0, 1, 2], Floats(weights, "0.weight"));

        StateDict averaged = file.ChooseStateDict("model_ema");
        Assert.Equal(keys, averaged.TensorInfos.Select(info => info.Name));
        Assert.Equal([-6f, -4, -2, 0, 2, 4], Floats(averaged, "0.weight"));
        string message = Assert.Throws<InvalidFileException>(() => file.ChooseStateDict("ema")).Message;
        Assert.Contains("no tensors under 'ema'", message, StringComparison.Ordinal);
        Assert.Contains("'model', 'model_ema'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_functions_of_newer_PyTorch_versions_make_tensors_too()
    {
        PickleWriter pickle = new PickleWriter().Op("}");
        pickle.Text("typed").Global(
            "torch._utils", "_rebuild_tensor_v3").Op("(").Storage("UntypedStorage", "0", 8).Integer(1).Tuple(3).Tuple(1)
            .Op("\u0089").Global("collections", "OrderedDict").Op(")R").Global("torch", "float16").Op("tRs");
        pickle.Text("parameter").Global(
            "torch._utils", "_rebuild_parameter_with_state").Op("(").Tensor("HalfStorage", "1", 1, 0, [1], [1]).Op("\u0088N}tRs");
        pickle.Text("attributes").Global("torch._tensor", "_rebuild_from_type_v2").Op("(").Global("torch._utils", "_rebuild_tensor_v2")
            .Global("torch", "Tensor").Op("(").Storage("HalfStorage", "1", 1).Integer(0).Tuple(1).Tuple(1).Op("\u0089Nt}tRs");
        byte[] halves = [.. new[] { 1, 2, 3, 4 }.SelectMany(value => BitConverter.GetBytes((Half)value))];
        using TemporaryFolder folder = new();
        string path = folder.File("new.pth");
        File.WriteAllBytes(path, pickle.ToArchive(("0", halves), ("1", halves[..2])));
        using PyTorchFile file = PyTorchFile.Open(path);
        Assert.Equal([2f, 3, 4], Floats(file, "typed"));
        Assert.Equal([1f], Floats(file, "parameter"));
        Assert.Equal([1f], Floats(file, "attributes"));
    }

    [Theory]
    [InlineData("hostile.pth")]
    [InlineData("hostile-old.pth")]
    public void What_is_not_on_the_closed_list_is_passed_over_by_name_and_not_run(string name)
    {
        using PyTorchFile file = Open(name);
        Assert.Equal(["trap (posix.system)"], file.Skipped);
        Assert.All(file.Tensors.Keys, tensor => Assert.StartsWith("model", tensor, StringComparison.Ordinal));
        Assert.False(File.Exists("/tmp/fovea-was-here"));
    }

    [Fact]
    public void A_TorchScript_program_is_told_apart() =>
        Assert.Contains(
            "it is a TorchScript program", Assert.Throws<InvalidFileException>(() => Open("script.pth")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_a_missing_tensor_and_a_wrong_size_each_have_a_message()
    {
        Assert.Contains(
            "there is no such file", Assert.Throws<InvalidFileException>(() => Open("none.pth")).Message, StringComparison.Ordinal);
        using PyTorchFile file = Open("types.pth");
        Assert.Contains(
            "it has no tensor 'b'",
            Assert.Throws<InvalidFileException>(() => file.ReadFloats("b", new float[2])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "7 elements (shape [7]) where 3 are expected",
            Assert.Throws<InvalidFileException>(() => file.ReadFloats("bool", new float[3])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("views.pth")]
    [InlineData("views-old.pth")]
    public void A_file_that_is_cut_off_anywhere_is_an_error(string name)
    {
        byte[] bytes = File.ReadAllBytes(PathOf(name));
        using TemporaryFolder folder = new();
        string path = folder.File(name);
        for (int length = 0; length < bytes.Length; length += 29)
        {
            File.WriteAllBytes(path, bytes[..length]);
            Assert.StartsWith(
                path + ": ", Assert.Throws<InvalidFileException>(() => PyTorchFile.Open(path)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>The values of a tensor.</summary>
    internal static float[] Floats(ICheckpointSource source, string name)
    {
        float[] values = new float[source.Info(name).Count];
        source.ReadFloats(name, values);
        return values;
    }

    /// <summary>The path of a ready-made file.</summary>
    internal static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Formats", "files", name);

    private static PyTorchFile Open(string name) => PyTorchFile.Open(PathOf(name));
}
