using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Fovea.Formats;
using Fovea.Formats.PyTorch;

namespace Fovea.Tests.Formats;

/// <summary>
/// 20,000 mutated files: each loads or gives an <see cref="InvalidFileException"/>, within a second and within twice its size plus 64 MB of
/// memory.
/// </summary>
public sealed class PyTorchFuzzTests : IDisposable
{
    // Opcodes of pickles and characters of JSON.
    private const string Frequent = "(.0123456789}]tRbusaeqhcXKMJN\u0085\u0086\u0087\u0081\u0093\u0094\"";

    private static readonly long[] _claims = [1L << 60, long.MaxValue, long.MinValue, -1, uint.MaxValue, int.MaxValue, 1 << 20, 0];

    // In memory where the system has such a folder: the files are many and short-lived.
    private readonly string _path = Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"fovea-fuzz-{Guid.NewGuid():N}");
    private readonly float[] _floats = new float[1 << 20];

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("types.pth", 2000)]
    [InlineData("types-old.pth", 2000)]
    [InlineData("views.pth", 1500)]
    [InlineData("views-old.pth", 2000)]
    [InlineData("training.pth", 1500)]
    [InlineData("training-old.pth", 2000)]
    [InlineData("training-protocol4.pth", 1500)]
    [InlineData("detector-old.pth", 1000)]
    public void Mutated_PyTorch_files_load_or_are_refused(string name, int count)
    {
        byte[] good = File.ReadAllBytes(PyTorchFileTests.PathOf(name));
        Random random = new(name.Length + count);
        for (int i = 0; i < count; i++)
        {
            Check(Mutate(good, random), PyTorchFile.Open, $"{name}, mutation {i}");
        }
    }

    [Fact]
    public void Mutated_pickles_in_sound_archives_load_or_are_refused()
    {
        // Bare archives of one pickle: here every mutation meets the pickle.
        byte[] good = new PickleWriter().Op("}").Text("w").Tensor("FloatStorage", "0", 6, 0, [2, 3], [3, 1]).Op("s")
            .Text("args").Global("argparse", "Namespace").Op(")\u0081}").Text("lr").Integer(3).Op("sbs.").ToArray();
        Random random = new(11);
        for (int i = 0; i < 2500; i++)
        {
            byte[] pickle = Mutate(good, random);
            Check(
                PickleWriter.Archive(
                    CompressionLevel.NoCompression,
                    ("a/data.pkl", pickle),
                    ("a/data/0", new byte[24])), PyTorchFile.Open, $"pickle, mutation {i}");
        }
    }

    [Fact]
    public void Mutated_safetensors_files_load_or_are_refused()
    {
        SafeTensorsWriter.Write(
            _path,
            [
                SafeTensor.FromFloats("a.weight", [2, 3], new float[6]), SafeTensor.FromInt64s("b", [], new long[1]),
                SafeTensor.FromBytes("c", [5], new byte[5]), SafeTensor.FromFloats("empty", [0, 4], Array.Empty<float>()),
            ],
            new Dictionary<string, string> { ["model"] = "cmt_nano" });
        byte[] good = File.ReadAllBytes(_path);
        Random random = new(12);
        for (int i = 0; i < 4000; i++)
        {
            Check(Mutate(good, random), SafeTensorsFile.Open, $"safetensors, mutation {i}");
        }
    }

    [Fact]
    public void Files_made_to_exhaust_time_or_memory_are_bounded()
    {
        const int Million = 1_000_000;
        (string Name, string Pickle)[] pickles =
        [
            ("a million None", Repeat("N", 4 * Million)),
            ("a million lists", Repeat("]", 4 * Million)),
            ("a million dictionaries", Repeat("}", 4 * Million)),
            ("a million marks", Repeat("(", 4 * Million)),
            ("marked lists again and again", "](" + Repeat("N", Million) + "e" + Repeat("](" + Repeat("N", 1000) + "e0", 2000)),
            ("a list appended to itself", "]q\0" + Repeat("(" + Repeat("h\0", 1000) + "e", 1000)),
            ("a memo of a million", "N" + Repeat("\u0094", 4 * Million)),
            ("names of storages", Repeat("ctorch\nFloatStorage\n0", 200_000)),
            (
                "copies of a dictionary",
                "}q\0(" + Repeat("NN", 100_000) + "u0ccollections\nOrderedDict\nq\u00010" + Repeat("h\u0001h\0\u0085R", 10_000)),
            (
                "namespaces that fill each other",
                "cargparse\nNamespace\n)Rq\0cargparse\nNamespace\n)Rq\u0001}NNsb" + Repeat("h\u0001bh\0b", 1000)),
            ("nested calls", Repeat("cbuiltins\nlist\n(", 100_000) + Repeat("tR", 100_000)),
            ("nested types of tensors", Repeat("ctorch._tensor\n_rebuild_from_type_v2\n(", 50_000) + Repeat("tR", 50_000)),
            ("long paths", "cpathlib\nPosixPath\nq\0" + Repeat("h\0X\u00ff\u00ff\0\0" + Repeat("p", 65535) + "\u0085R", 30)),
            ("long keys that nest", Repeat("}X\u00ff\u00ff\0\0" + Repeat("k", 65535), 60) + "N" + Repeat("s", 60)),
            ("wide shapes", "(" + Repeat("K\u0001", Million) + "tq\0"
                + Repeat(
                    "ctorch._utils\n_rebuild_tensor\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00NK\u0001tQK\0h\0h\0tR",
                    200)),
        ];
        foreach ((string name, string pickle) in pickles)
        {
            byte[] bytes = new PickleWriter().Op(pickle).ToArchive(("0", new byte[4]));
            Check(bytes, PyTorchFile.Open, name);
            Check(new PickleWriter().Op(pickle + ".").ToArray(), PyTorchFile.Open, name + ", bare");
        }

        PickleWriter small = new PickleWriter().Tensor("FloatStorage", "0", 1, 0, [1], [1]).Op("q\0}");
        for (int i = 0; i < 100_000; i++)
        {
            small.Text($"{i}").Op("}").Text(string.Empty).Op("h\0ss");
        }

        Check(small.ToArchive(("0", new byte[4])), PyTorchFile.Open, "many dictionaries of one tensor");
        Check(PickleWriter.Archive(CompressionLevel.Optimal, ("a/data.pkl", new byte[200 * Million])), PyTorchFile.Open, "a zip bomb");
        Check(
            PickleWriter.Archive(
                CompressionLevel.NoCompression, [.. Enumerable.Range(0, 20_000).Select(i => ($"a/{i}", Array.Empty<byte>()))]),
            PyTorchFile.Open,
            "many entries");

        foreach ((string name, string header) in new[]
        {
            ("brackets", Repeat("[", 4 * Million)),
            ("a long shape", """{"a":{"dtype":"F32","data_offsets":[0,0],"shape":[""" + Repeat("0,", 2 * Million) + "0]}}"),
            ("many tensors", "{" + string.Join(',', Enumerable.Range(0, 500_000).Select(i => $"\"{i}\":0")) + "}"),
            ("many empty tensors", "{" + string.Join(',', Enumerable.Range(0, 60_000).Select(i => $$"""
                "{{i}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}
                """)) + "}"),
            ("much metadata", """{"__metadata__":{""" + string.Join(',', Enumerable.Range(0, 400_000).Select(i => $"\"{i}\":\"\"")) + "}}"),
        })
        {
            byte[] bytes = new byte[8 + header.Length];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
            Encoding.Latin1.GetBytes(header, bytes.AsSpan(8));
            Check(bytes, SafeTensorsFile.Open, name);
        }
    }

    private static string Repeat(string part, int count) => new StringBuilder(part.Length * count).Insert(0, part, count).ToString();

    /// <summary>Changes a few places of a file, each in one of the ways in which files break or lie.</summary>
    private static byte[] Mutate(byte[] good, Random random)
    {
        byte[] bytes = [.. good];
        for (int change = random.Next(1, 4); change > 0 && bytes.Length > 0; change--)
        {
            int at = random.Next(bytes.Length);
            int length = Math.Min(random.Next(1, 64), bytes.Length - at);
            switch (random.Next(8))
            {
                case 0:
                    bytes = bytes[..at];
                    break;
                case 1:
                    bytes = [.. bytes[..at], .. bytes[(at + length)..]];
                    break;
                case 2:
                    int from = random.Next(good.Length);
                    bytes = [.. bytes[..at], .. good.AsSpan(from, Math.Min(length, good.Length - from)), .. bytes[at..]];
                    break;
                case 3:
                    byte[] number = BitConverter.GetBytes(_claims[random.Next(_claims.Length)]);
                    number.AsSpan(0, Math.Min(random.Next(2) == 0 ? 8 : 4, bytes.Length - at)).CopyTo(bytes.AsSpan(at));
                    break;
                case 4:
                    // Digits of a JSON header, lengths of strings, opcodes: a neighbouring value.
                    bytes[at] += (byte)random.Next(-2, 3);
                    break;
                case 5:
                    bytes[at] = (byte)Frequent[random.Next(Frequent.Length)];
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return bytes;
    }

    private void Check(byte[] bytes, Func<string, ICheckpointSource> open, string what)
    {
        File.WriteAllBytes(_path, bytes);
        long start = Stopwatch.GetTimestamp();
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            ICheckpointSource source = open(_path);
            using (source as IDisposable)
            {
                foreach (TensorInfo info in source.TensorInfos.Take(100).Where(info => info.Count <= _floats.Length))
                {
                    source.ReadFloats(info.Name, _floats.AsSpan(0, (int)info.Count));
                }
            }
        }
        catch (InvalidFileException error)
        {
            Assert.StartsWith(_path + ": ", error.Message, StringComparison.Ordinal);
        }
        catch (Exception error)
        {
            Assert.Fail($"{what}: {error}");
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        Assert.True(
            allocated <= (2L * bytes.Length) + 64_000_000, $"{what}: {allocated} bytes were allocated for a file of {bytes.Length}");
        Assert.True(elapsed < TimeSpan.FromSeconds(1), $"{what}: took {elapsed}");
    }
}
