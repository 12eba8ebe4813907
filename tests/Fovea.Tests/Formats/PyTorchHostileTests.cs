using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Fovea.Formats;
using Fovea.Formats.PyTorch;

namespace Fovea.Tests.Formats;

/// <summary>Files that lie, attack or are of another kind: each gives an error that says what is wrong.</summary>
public sealed class PyTorchHostileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static PickleWriter Pickle => new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("os", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("builtins", "getattr")]
    [InlineData("torch", "load")]
    [InlineData("torch.storage", "_load_from_bytes")]
    [InlineData("torch.nn.modules.linear", "Linear")]
    public void Names_beyond_the_closed_list_are_refused(string module, string name)
    {
        Says($"names '{module}.{name}'", Pickle.Global(module, name).Text("echo").Op("\u0085R").ToArchive());
        Says($"names '{module}.{name}'", Pickle.Text(module).Text(name).Op("\u0093)R").ToArchive());
    }

    [Fact]
    public void A_tensor_that_reaches_beyond_its_storage_is_named()
    {
        Says("tensor 'w' reaches element 5 of storage '0', which has 5", Tensor(5, 0, [2, 3], [3, 1]));
        Says("tensor 'w' reaches element 5 of storage '0'", Tensor(5, 4, [2], [1]));
        Says("reaches element 9223372036854775807", Tensor(5, long.MaxValue, [1], [1]));
        Says("tensor 'w' has an impossible size", Tensor(5, -1, [2], [1]));
        Says("tensor 'w' has an impossible size", Tensor(5, 0, [-2], [1]));
        Says("tensor 'w' has an impossible size", Tensor(5, 0, [2], [-1]));
        Says("tensor 'w' has an impossible size", Tensor(5, 0, [1L << 40], [0]));
        Says(
            "reaches element",
            Tensor(5, 0, [1 << 30, 1 << 30, 1 << 30, 1 << 30], [long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue]));
        Says("shows 5 stored elements 18446744073709551615 times", Tensor(5, 0, [1 << 30, 1 << 30, 1 << 30, 1 << 30], [0, 0, 0, 0]));
        Says("1 sizes and 2 strides", Tensor(5, 0, [2], [1, 1]));
        Says("40 sizes", Tensor(5, 0, new long[40], new long[40]));
        Says("has 20 bytes where its tensors are promised 1152921504606846976 elements", Tensor(1L << 60, 0, [1], [1]));

        byte[] Tensor(long storageCount, long offset, long[] shape, long[] strides) =>
            Pickle.Op("}").Text("w").Tensor(
                "FloatStorage", "0", storageCount, offset, shape, strides).Op("s").ToArchive(("0", new byte[20]));
    }

    [Fact]
    public void Storages_that_are_missing_or_contradict_each_other_are_named()
    {
        Says("the storage 'a/data/7', which a tensor uses, is missing", Pickle.Storage("FloatStorage", "7", 1).ToArchive());
        Says("in two ways", Pickle.Storage("FloatStorage", "0", 1).Storage("HalfStorage", "0", 1).ToArchive(("0", new byte[4])));
        Says("in an unknown way", Pickle.Op("(").Text("module").Op("tQ").ToArchive());
        Says("in an unknown way", Pickle.Storage("FloatStorage", "0", -1).ToArchive(("0", new byte[4])));
    }

    [Fact]
    public void A_pickle_that_misuses_its_stack_says_where()
    {
        Says("broken at byte 2: there are too few values on its stack", Pickle.ToArchive());
        Says("too few values", Pickle.Op("\u0086").ToArchive());
        Says("too few values", Pickle.Op("N(R").ToArchive());
        Says("there is no mark", Pickle.Op("Nt").ToArchive());
        Says("the instruction 0x69", Pickle.Op("i").ToArchive());
        Says("recalls the value number 5", Pickle.Op("h\u0005").ToArchive());
        Says("remembers a value under the number 2130706432", Pickle.Op("Nr\u0000\u0000\u0000\u007f").ToArchive());
        Says("claims a length or number of 4294967295", Pickle.Op("X\u00ff\u00ff\u00ff\u00ff").ToArchive());
        Says("claims a length or number of 1152921504606846976", Pickle.Op("\u008e\0\0\0\0\0\0\0\u0010").ToArchive());
        Says("1000 bytes are expected where 1 remain", Pickle.Op("X\u00e8\u0003\0\0").ToArchive());
        Says("a name has no end", Pickle.Op("cos").ToArchive());
        Says("its protocol is 9", Pickle.Op("\u0080\u0009N").ToArchive());
        Says("something that is not a list", Pickle.Op("}Na").ToArchive());
        Says("something that is not a dictionary", Pickle.Op("]NNs").ToArchive());
        Says("has no value", Pickle.Op("}(Nu").ToArchive());
        Says("which may only be named", Pickle.Global("torch", "FloatStorage").Op(")R").ToArchive());
        Says("cannot be called", Pickle.Op("N)R").ToArchive());
        Says("are not a tuple", Pickle.Global("builtins", "list").Op("NR").ToArchive());
        Says(
            "given to torch._utils._rebuild_tensor_v2 do not fit",
            Pickle.Global("torch._utils", "_rebuild_tensor_v2").Op(")R").ToArchive());
        Says("gives a state to something that has none", Pickle.Op("]Nb").ToArchive());
    }

    [Fact]
    public void Values_that_contain_themselves_or_nest_without_end_are_refused()
    {
        Says("the value 'a' contains itself", Pickle.Op("}q\u0000").Text("a").Op("h\u0000s").ToArchive());
        Says("nested more than 64 deep", Pickle.Op(new string(']', 70) + new string('a', 69)).ToArchive());
    }

    [Fact]
    public void Two_tensors_of_one_name_are_refused()
    {
        PickleWriter twice = Pickle.Op("}");
        for (int i = 0; i < 2; i++)
        {
            twice.Text("w").Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op("s");
        }

        Says("two tensors have the name 'w'", twice.ToArchive(("0", new byte[4])));
    }

    [Fact]
    public void Values_shared_a_billion_times_cost_neither_time_nor_memory()
    {
        // Each list holds the one before twice: 2^50 ways without a tensor, then with one.
        PickleWriter harmless = Pickle.Op("]q\u0000");
        PickleWriter bomb = Pickle.Op("]").Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op("aq\u0000");
        for (int i = 0; i < 50; i++)
        {
            harmless.Op("0](h\u0000h\u0000eq\u0000");
            bomb.Op("0](h\u0000h\u0000eq\u0000");
        }

        using (PyTorchFile file = PyTorchFile.Open(Write(harmless.ToArchive())))
        {
            Assert.Empty(file.Tensors);
            Assert.Contains(
                "no dictionary of tensors",
                Assert.Throws<InvalidFileException>(() => file.ChooseStateDict()).Message,
                StringComparison.Ordinal);
        }

        Says("MB of memory beside the weights", bomb.ToArchive(("0", new byte[4])));
    }

    [Fact]
    public void Compressed_archives_and_archives_of_something_else_are_refused()
    {
        byte[] pickle = Pickle.Op("N.").ToArray();
        Says("'a/data.pkl' is compressed", PickleWriter.Archive(CompressionLevel.Optimal, ("a/data.pkl", [.. pickle, .. new byte[1000]])));
        Says("a zip archive with 0 data.pkl", PickleWriter.Archive(CompressionLevel.NoCompression, ("a.txt", pickle)));
        Says(
            "a zip archive with 2 data.pkl",
            PickleWriter.Archive(CompressionLevel.NoCompression, ("a/data.pkl", pickle), ("b/data.pkl", pickle)));
        Says("stands twice", PickleWriter.Archive(CompressionLevel.NoCompression, ("a/data.pkl", pickle), ("a/data.pkl", pickle)));
        Says(
            "high byte first",
            PickleWriter.Archive(CompressionLevel.NoCompression, ("a/data.pkl", pickle), ("a/byteorder", "big"u8.ToArray())));
    }

    [Fact]
    public void A_directory_that_lies_is_found_out()
    {
        byte[] good = Pickle.Op("N").ToArchive(("0", new byte[40]));
        int first = good.AsSpan().IndexOf("PK\u0001\u0002"u8);
        int second = first + 4 + good.AsSpan(first + 4).IndexOf("PK\u0001\u0002"u8);
        Says("claims 4096 bytes", Changed(second + 24, 4096, second + 20, 4096));
        Says("takes 40 bytes in the archive but claims 1000000", Changed(second + 24, 1_000_000));
        Says("is not where its directory says", Changed(second + 42, 1));
        Says("is not where its directory says", Changed(second + 42, int.MaxValue));
        Says("overlap in the archive", Changed(first + 24, 60, first + 20, 60));
        Says("is not inside of the archive", Changed(good.Length - 6, int.MaxValue));
        Says("entry 1 of its directory is not one", Changed(good.Length - 6, first + 1, good.Length - 10, good.Length - 22 - first - 1));
        Says("no directory at its end", good[..^1]);

        byte[] Changed(params int[] placesAndValues)
        {
            byte[] changed = [.. good];
            for (int i = 0; i < placesAndValues.Length; i += 2)
            {
                BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(placesAndValues[i]), placesAndValues[i + 1]);
            }

            return changed;
        }
    }

    [Fact]
    public void The_older_format_is_held_against_its_own_counts()
    {
        Says("storage '0' has 9 elements where its tensors are promised 2", Pair().ToLegacy(("0", 9, new byte[8])));
        Says("it is cut off: storage '0' has 2 elements, but only 7 bytes are left", Pair().ToLegacy(("0", 2, new byte[7])));
        Says("it has 0 of the 1 storages", Pair().ToLegacy());
        Says("a key twice, or one that no tensor uses", Pair().ToLegacy(("0", 2, new byte[8]), ("0", 2, new byte[8])));
        Says("a key twice, or one that no tensor uses", Pair().ToLegacy(("1", 2, new byte[8])));
        Says("in an unknown way", Pickle.StorageView("FloatStorage", "0", 2, 1, 2).ToLegacy(("0", 2, new byte[8])));

        static PickleWriter Pair() => Pickle.Op("}").Text("w").Tensor("FloatStorage", "0", 2, 0, [2], [1]).Op("s");
    }

    [Fact]
    public void The_older_format_has_storages_that_view_others()
    {
        PickleWriter pickle = Pickle.Op("}").Text("w").Global("torch._utils", "_rebuild_tensor").Op("(")
            .StorageView("IntStorage", "0", 5, 2, 3).Integer(1).Tuple(2).Tuple(1).Op("tRs");
        byte[] bytes = [.. new[] { 10, 11, 12, 13, 14 }.SelectMany(BitConverter.GetBytes)];
        using PyTorchFile file = PyTorchFile.Open(Write(pickle.ToLegacy(("0", 5, bytes))));
        Assert.Equal([13f, 14], PyTorchFileTests.Floats(file, "w"));
    }

    [Fact]
    public void Files_of_other_kinds_are_told_apart()
    {
        Says("it is empty, or a pipe or device", []);
        Says("begin neither as a zip archive nor as a pickle", [1, 2, 3]);
        Says("it is a web page", Encoding.ASCII.GetBytes("<html>"));
        Says("a pointer of Git LFS", Encoding.ASCII.GetBytes("version https://git-lfs.github.com/spec/v1\n"));
        Says("it is a pickle, but not one of torch.save", Pickle.Op("N.").ToArray());
        byte[] tar = new byte[1024];
        "ustar"u8.CopyTo(tar.AsSpan(257));
        Says("it is a tar archive", tar);
    }

    private void Says(string problem, byte[] bytes)
    {
        string path = Write(bytes);
        string message = Assert.Throws<InvalidFileException>(() => PyTorchFile.Open(path).Dispose()).Message;
        Assert.StartsWith(path + ": ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    private string Write(byte[] bytes)
    {
        string path = _folder.File("hostile.pth");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
