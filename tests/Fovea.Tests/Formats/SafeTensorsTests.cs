using System.Buffers.Binary;
using System.Text;
using Fovea.Formats;

namespace Fovea.Tests.Formats;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_back_bit_for_bit_over_odd_shapes()
    {
        Random random = new(1);
        int[][] shapes = [[], [0], [1], [7], [3, 5], [2, 0, 3], [1, 1, 1, 1], [4, 3, 2, 5], [257, 65]];
        Dictionary<string, float[]> floats = new();
        List<SafeTensor> tensors = new();
        foreach (int[] shape in shapes)
        {
            string name = $"layer.{string.Join('x', shape)}.weight";
            float[] values = [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextSingle() - 0.5f)];
            floats.Add(name, values);
            tensors.Add(SafeTensor.FromFloats(name, shape, values));
        }

        floats["odd"] = [float.NaN, float.PositiveInfinity, -0.0f, float.Epsilon];
        tensors.Add(SafeTensor.FromFloats("odd", [2, 2], () => floats["odd"]));
        tensors.Insert(0, SafeTensor.FromBytes("bytes \"quoted\" ü", [3], new byte[] { 0, 127, 255 }));
        tensors.Add(SafeTensor.FromInt64s("state", [3], new[] { long.MinValue, -1, long.MaxValue }));
        Dictionary<string, string> metadata = new() { ["model"] = "cmt_nano", ["classes"] = "[\"T-shirt/top\", \"Größe\"]" };
        string path = _folder.File("a.safetensors");
        SafeTensorsWriter.Write(path, tensors, metadata);

        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        Assert.Equal(metadata, file.Metadata);
        Assert.Equal(tensors.Count, file.Tensors.Count);
        foreach ((string name, float[] want) in floats)
        {
            float[] got = new float[want.Length];
            file.ReadFloats(name, got);
            Assert.Equal(want.Select(BitConverter.SingleToInt32Bits), got.Select(BitConverter.SingleToInt32Bits));
        }

        foreach (SafeTensor tensor in tensors)
        {
            Assert.Equal(tensor.Shape, file.Tensors[tensor.Name].Shape);
            Assert.Equal(0, file.Tensors[tensor.Name].Offset % tensor.ElementType.Size());
        }

        long[] integers = new long[3];
        file.ReadInt64s("state", integers);
        Assert.Equal([long.MinValue, -1, long.MaxValue], integers);
        file.ReadInt64s("bytes \"quoted\" ü", integers);
        Assert.Equal([0L, 127, 255], integers);
    }

    [Fact]
    public void Writing_twice_gives_the_same_bytes()
    {
        SafeTensor[] tensors = [SafeTensor.FromFloats("b", [2], new float[] { 1, 2 }), SafeTensor.FromFloats("a", [1], new float[] { 3 })];
        SafeTensorsWriter.Write(_folder.File("1"), tensors, new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" });
        SafeTensorsWriter.Write(_folder.File("2"), tensors, new Dictionary<string, string> { ["y"] = "2", ["x"] = "1" });
        Assert.Equal(File.ReadAllBytes(_folder.File("1")), File.ReadAllBytes(_folder.File("2")));
    }

    [Fact]
    public void Every_element_type_is_converted()
    {
        (string Type, byte[] Bytes, float[] Want)[] cases =
        [
            ("F32", [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)], [1.5f, -2f]),
            ("F16", [.. BitConverter.GetBytes((Half)1.5f), .. BitConverter.GetBytes((Half)(-2f))], [1.5f, -2f]),
            ("BF16", [0xC0, 0x3F, 0x00, 0xC0], [1.5f, -2f]),
            ("F64", [.. BitConverter.GetBytes(1.5), .. BitConverter.GetBytes(-2.0)], [1.5f, -2f]),
            ("I64", [.. BitConverter.GetBytes(3L), .. BitConverter.GetBytes(-2L)], [3f, -2f]),
            ("I32", [.. BitConverter.GetBytes(3), .. BitConverter.GetBytes(-2)], [3f, -2f]),
            ("I16", [.. BitConverter.GetBytes((short)3), .. BitConverter.GetBytes((short)-2)], [3f, -2f]),
            ("I8", [3, 0xFE], [3f, -2f]),
            ("U8", [3, 0xFE], [3f, 254f]),
            ("BOOL", [0, 1], [0f, 1f]),
        ];
        foreach ((string type, byte[] bytes, float[] want) in cases)
        {
            string path = Raw(Header("a", type, "[2]", 0, bytes.Length), bytes);
            using SafeTensorsFile file = SafeTensorsFile.Open(path);
            float[] got = new float[2];
            file.ReadFloats("a", got);
            Assert.Equal(want, got);
            if (type.Contains('F', StringComparison.Ordinal))
            {
                Assert.Contains(
                    "integers are expected",
                    Assert.Throws<InvalidFileException>(() => file.ReadInt64s("a", new long[2])).Message,
                    StringComparison.Ordinal);
            }
            else
            {
                long[] integers = new long[2];
                file.ReadInt64s("a", integers);
                Assert.Equal(want, integers.Select(value => (float)value));
            }
        }
    }

    [Theory]
    [InlineData("{", 0, "not valid JSON")]
    [InlineData("[]", 0, "a list where a JSON object is expected")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes, but its byte range has 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "ends 4 bytes past the end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 6, "2 bytes after tensor 'a' belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "a gap of 4 bytes between the header and tensor 'a'")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""",
        12,
        "tensor 'b' overlaps tensor 'a' by 4 bytes")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
        4,
        "the name 'a' stands twice")]
    [InlineData("""{"a":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}""", 4, "type 'Q4'; known are F32, F16")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "holds '-1', which is not a size")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "holds '1.5', which is not a size")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "where a start and an end are expected")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "where a start and an end are expected")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 4, "holds '-4', which is not an offset")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "tensor 'a' has no entry 'data_offsets'")]
    [InlineData("""{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}""", 4, "the entry 'dtype' of tensor 'a' is a number")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"extra":1}}""", 4, "the unknown entry 'extra'")]
    [InlineData("""{"a":7}""", 0, "tensor 'a' is a number")]
    [InlineData("""{"__metadata__":{"epoch":3}}""", 0, "metadata 'epoch' is a number")]
    [InlineData("""{"\ud800":{}}""", 0, "not valid JSON")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647,2147483647,2147483647,2147483647],"data_offsets":[0,4]}}""",
        4,
        "but its byte range has 4")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775806,9223372036854775807]}}""", 1, "")]
    public void Each_lie_of_a_header_is_named(string header, int dataBytes, string problem)
    {
        string path = Raw(header, new byte[dataBytes]);
        InvalidFileException error = Assert.Throws<InvalidFileException>(() => SafeTensorsFile.Open(path));
        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_that_lies_about_its_length_names_the_missing_bytes()
    {
        byte[] file = File.ReadAllBytes(Raw("{}", []));
        BinaryPrimitives.WriteUInt64LittleEndian(file, 50);
        Assert.Contains("claims 50 bytes, but only 2 follow: 48 are missing", Broken(file), StringComparison.Ordinal);
        BinaryPrimitives.WriteUInt64LittleEndian(file, ulong.MaxValue);
        Assert.Contains("more than the 100000000", Broken(file), StringComparison.Ordinal);
        Assert.Contains("it has 3 bytes", Broken([1, 2, 3]), StringComparison.Ordinal);
        Assert.Contains("it is empty", Broken([]), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_truncation_or_flipped_byte_is_an_error_or_a_readable_file_but_never_a_crash()
    {
        string good = _folder.File("good");
        SafeTensorsWriter.Write(good, [SafeTensor.FromFloats("a", [2, 3], new float[6]), SafeTensor.FromBytes("b", [5], new byte[5])]);
        byte[] bytes = File.ReadAllBytes(good);
        for (int length = 0; length < bytes.Length; length++)
        {
            Broken(bytes[..length]);
        }

        Random random = new(2);
        string path = _folder.File("flipped");
        for (int i = 0; i < bytes.Length; i++)
        {
            byte[] flipped = [.. bytes];
            flipped[i] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, flipped);
            try
            {
                using SafeTensorsFile file = SafeTensorsFile.Open(path);
                foreach (SafeTensorInfo info in file.Tensors.Values)
                {
                    file.ReadFloats(info.Name, new float[info.Count]);
                }
            }
            catch (InvalidFileException)
            {
                // The other right answer.
            }
        }
    }

    [Fact]
    public void A_missing_file_a_folder_a_missing_tensor_and_a_wrong_size_each_have_a_message()
    {
        Assert.Contains(
            "there is no such file",
            Assert.Throws<InvalidFileException>(() => SafeTensorsFile.Open(_folder.File("none"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "it is a folder",
            Assert.Throws<InvalidFileException>(() => SafeTensorsFile.Open(_folder.Path)).Message,
            StringComparison.Ordinal);
        using SafeTensorsFile file = SafeTensorsFile.Open(Raw(Header("a", "F32", "[1,2]", 0, 8), new byte[8]));
        Assert.Contains(
            "it has no tensor 'b'",
            Assert.Throws<InvalidFileException>(() => file.ReadFloats("b", new float[2])).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "2 elements (shape [1, 2]) where 3 are expected",
            Assert.Throws<InvalidFileException>(() => file.ReadFloats("a", new float[3])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_writer_refuses_equal_names_and_wrong_sizes_and_keeps_the_old_file()
    {
        string path = _folder.File("kept");
        SafeTensorsWriter.Write(path, [SafeTensor.FromFloats("a", [1], new float[1])]);
        byte[] before = File.ReadAllBytes(path);
        SafeTensor a = SafeTensor.FromFloats("a", [2], new float[2]);
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(path, [a, a]));
        Assert.Throws<ArgumentException>(() => SafeTensorsWriter.Write(path, [a, SafeTensor.FromFloats("b", [2, 2], new float[3])]));
        Assert.Throws<ArgumentException>(() => SafeTensor.FromFloats("__metadata__", [1], new float[1]));
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    private static string Header(string name, string type, string shape, long start, long end) =>
        $$$"""{"{{{name}}}":{"dtype":"{{{type}}}","shape":{{{shape}}},"data_offsets":[{{{start}}},{{{end}}}]}}""";

    private string Raw(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        string path = _folder.File("raw");
        File.WriteAllBytes(path, [.. length, .. json, .. data]);
        return path;
    }

    private string Broken(byte[] bytes)
    {
        string path = _folder.File("broken");
        File.WriteAllBytes(path, bytes);
        return Assert.Throws<InvalidFileException>(() => SafeTensorsFile.Open(path)).Message;
    }
}
