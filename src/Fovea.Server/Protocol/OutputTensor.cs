using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Fovea.Server;

/// <summary>Tensor of an answer, that can be written as JSON and as bytes.</summary>
/// <param name="Name">Name of the output.</param>
/// <param name="Datatype">Type of its elements.</param>
/// <param name="Shape">Lengths of its axes.</param>
/// <param name="Json">Elements as a JSON list.</param>
/// <param name="Bytes">Elements as bytes, little-endian; of texts, each behind its length.</param>
internal sealed record OutputTensor(string Name, string Datatype, long[] Shape, Func<JsonElement> Json, Func<byte[]> Bytes)
{
    /// <summary>A tensor of floats.</summary>
    public static OutputTensor Floats(string name, long[] shape, float[] values) => new(
        name,
        "FP32",
        shape,
        () => JsonSerializer.SerializeToElement(values, ProtocolJson.Default.SingleArray),
        () => LittleEndian(MemoryMarshal.AsBytes<float>(values), sizeof(float)));

    /// <summary>A tensor of whole numbers from 0 to 255.</summary>
    public static OutputTensor Indices(string name, long[] shape, byte[] values) => new(
        name,
        "UINT8",
        shape,
        () => JsonSerializer.SerializeToElement(Array.ConvertAll(values, value => (int)value), ProtocolJson.Default.Int32Array),
        () => values);

    /// <summary>A tensor of texts.</summary>
    public static OutputTensor Texts(string name, long[] shape, string[] values) => new(
        name,
        "BYTES",
        shape,
        () => JsonSerializer.SerializeToElement(values, ProtocolJson.Default.StringArray),
        () =>
        {
            using MemoryStream bytes = new();
            Span<byte> length = stackalloc byte[sizeof(uint)];
            foreach (string value in values)
            {
                byte[] text = Encoding.UTF8.GetBytes(value);
                BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)text.Length);
                bytes.Write(length);
                bytes.Write(text);
            }

            return bytes.ToArray();
        });

    private static byte[] LittleEndian(ReadOnlySpan<byte> values, int size)
    {
        byte[] bytes = values.ToArray();
        for (int i = 0; !BitConverter.IsLittleEndian && i < bytes.Length; i += size)
        {
            bytes.AsSpan(i, size).Reverse();
        }

        return bytes;
    }
}
