using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>
/// Elements of a request's tensor, from its JSON or from behind it. The claims of a shape are held against what is there before memory is
/// taken for it.
/// </summary>
/// <param name="input">The tensor.</param>
/// <param name="binary">Bytes of the tensor behind the JSON; null where its elements stand in the JSON.</param>
internal sealed class TensorSource(InferInput input, ReadOnlyMemory<byte>? binary)
{
    /// <summary>Name of the input.</summary>
    public string Name => input.Name ?? throw Wrong("an input lacks its name");

    /// <summary>Type of the elements.</summary>
    public string Datatype => input.Datatype ?? throw Wrong($"the input '{Name}' lacks its datatype");

    /// <summary>Lengths of the axes.</summary>
    public long[] Shape => input.Shape ?? throw Wrong($"the input '{Name}' lacks its shape");

    /// <summary>Copies floats.</summary>
    /// <param name="destination">Memory of as many as the shape has.</param>
    /// <exception cref="RequestException">There are not so many floats.</exception>
    public void CopyFloats(Span<float> destination)
    {
        if (binary is ReadOnlyMemory<byte> bytes)
        {
            if (bytes.Length != (long)destination.Length * sizeof(float))
            {
                throw WrongCount(destination.Length, $"{bytes.Length} bytes");
            }

            bytes.Span.CopyTo(MemoryMarshal.AsBytes(destination));
            if (!BitConverter.IsLittleEndian)
            {
                Span<int> words = MemoryMarshal.Cast<float, int>(destination);
                BinaryPrimitives.ReverseEndianness(words, words);
            }

            return;
        }

        int count = 0;
        Collect(Data, destination, ref count);
        if (count != destination.Length)
        {
            throw WrongCount(destination.Length, $"{count}");
        }
    }

    /// <summary>Encoded images: bytes behind the JSON, or base64 in it.</summary>
    /// <param name="count">Number of images that the shape claims.</param>
    /// <exception cref="RequestException">There are not so many, or one is not base64.</exception>
    public IReadOnlyList<byte[]> Images(int count)
    {
        List<byte[]> images = [];
        if (binary is ReadOnlyMemory<byte> bytes)
        {
            for (ReadOnlyMemory<byte> rest = bytes; !rest.IsEmpty;)
            {
                uint length = rest.Length >= sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(rest.Span) : uint.MaxValue;
                if (length > rest.Length - sizeof(uint) || images.Count == count)
                {
                    throw WrongCount(count, "bytes that do not divide into them");
                }

                images.Add(rest.Slice(sizeof(uint), (int)length).ToArray());
                rest = rest[(sizeof(uint) + (int)length)..];
            }
        }
        else
        {
            Collect(Data, count, images);
        }

        return images.Count == count ? images : throw WrongCount(count, $"{images.Count}");
    }

    private JsonElement Data => input.Data is { ValueKind: JsonValueKind.Array } data
        ? data
        : throw Wrong($"the input '{Name}' lacks its list of data");

    private void Collect(JsonElement list, Span<float> destination, ref int count)
    {
        foreach (JsonElement entry in list.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Array)
            {
                Collect(entry, destination, ref count);
            }
            else if (count == destination.Length)
            {
                throw WrongCount(destination.Length, "more");
            }
            else if (entry.ValueKind == JsonValueKind.Number && entry.TryGetSingle(out float value) && float.IsFinite(value))
            {
                destination[count++] = value;
            }
            else
            {
                throw Wrong($"the data of the input '{Name}' must be finite numbers");
            }
        }
    }

    private void Collect(JsonElement list, int most, List<byte[]> images)
    {
        foreach (JsonElement entry in list.EnumerateArray())
        {
            if (entry.ValueKind == JsonValueKind.Array)
            {
                Collect(entry, most, images);
            }
            else if (images.Count == most)
            {
                throw WrongCount(most, "more");
            }
            else if (entry.ValueKind == JsonValueKind.String && entry.TryGetBytesFromBase64(out byte[]? image))
            {
                images.Add(image);
            }
            else
            {
                throw Wrong($"the data of the input '{Name}' must be encoded images in base64");
            }
        }
    }

    private RequestException WrongCount(int claimed, string found) =>
        Wrong($"the shape of the input '{Name}' has {claimed} elements, but its data are {found}");

    /// <summary>The error of a request that does not fit the protocol or the model.</summary>
    /// <param name="problem">What was wrong, beginning with a small letter, without a full stop.</param>
    public static RequestException Wrong(string problem) =>
        new(StatusCodes.Status400BadRequest, $"{char.ToUpperInvariant(problem[0])}{problem[1..]}.");
}
