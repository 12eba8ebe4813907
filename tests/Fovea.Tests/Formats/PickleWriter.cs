using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Fovea.Tests.Formats;

/// <summary>Writes pickles by hand, opcode by opcode, and the archives that PyTorch keeps them in.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];

    public PickleWriter() => Op("\u0080\u0002");

    /// <summary>Appends opcodes and their bytes, one byte a character.</summary>
    public PickleWriter Op(string latin1)
    {
        _bytes.AddRange(Encoding.Latin1.GetBytes(latin1));
        return this;
    }

    public PickleWriter Global(string module, string name) => Op($"c{module}\n{name}\n");

    public PickleWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);
        Op("X");
        _bytes.AddRange(length);
        _bytes.AddRange(utf8);
        return this;
    }

    public PickleWriter Integer(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Op("\u008a\u0008");
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Tuple(params long[] values)
    {
        Op("(");
        foreach (long value in values)
        {
            Integer(value);
        }

        return Op("t");
    }

    public PickleWriter Storage(string type, string key, long count) =>
        Op("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Integer(count).Op("tQ");

    public PickleWriter StorageView(string type, string key, long count, long first, long size) =>
        Op("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Integer(count)
            .Op("(").Text("view").Integer(first).Integer(size).Op("ttQ");

    public PickleWriter Tensor(string storageType, string key, long storageCount, long offset, long[] shape, long[] strides) =>
        Global(
            "torch._utils",
            "_rebuild_tensor_v2").Op("(").Storage(storageType, key, storageCount).Integer(offset).Tuple(shape).Tuple(strides)
            .Op("\u0089").Global("collections", "OrderedDict").Op(")RtR");

    public byte[] ToArray() => [.. _bytes];

    /// <summary>Ends the pickle and puts it in an archive with storages.</summary>
    public byte[] ToArchive(params (string Key, byte[] Bytes)[] storages) =>
        Archive(
            CompressionLevel.NoCompression,
            [("a/data.pkl", Op(".").ToArray()), .. storages.Select(storage => ($"a/data/{storage.Key}", storage.Bytes))]);

    /// <summary>
    /// Ends the pickle and writes it as PyTorch did before version 1.6, with storages and the numbers of elements that they claim.
    /// </summary>
    public byte[] ToLegacy(params (string Key, long Count, byte[] Bytes)[] storages)
    {
        PickleWriter keys = new PickleWriter().Op("]");
        foreach ((string key, _, _) in storages)
        {
            keys.Text(key).Op("a");
        }

        return
        [
            .. new PickleWriter().Op("\u008a\u000a\u006c\u00fc\u009c\u0046\u00f9\u0020\u006a\u00a8\u0050\u0019.").ToArray(),
            .. new PickleWriter().Integer(1001).Op(".").ToArray(),
            .. new PickleWriter().Op("}").Text("little_endian").Op("\u0088s.").ToArray(),
            .. Op(".").ToArray(),
            .. keys.Op(".").ToArray(),
            .. storages.SelectMany(storage => (byte[])[.. BitConverter.GetBytes(storage.Count), .. storage.Bytes]),
        ];
    }

    public static byte[] Archive(CompressionLevel level, params (string Name, byte[] Bytes)[] files)
    {
        MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in files)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        }

        return stream.ToArray();
    }
}
