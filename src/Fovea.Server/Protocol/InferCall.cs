using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>A request for an inference as it came: JSON, and tensors behind it.</summary>
/// <param name="Request">The JSON.</param>
/// <param name="Tensor">The input; a request has one.</param>
internal sealed record InferCall(InferRequest Request, TensorSource Tensor)
{
    /// <summary>Header with the length of the JSON, where tensors stand behind it.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    /// <summary>Reads a request.</summary>
    /// <param name="body">The body.</param>
    /// <param name="headers">Headers of the request.</param>
    /// <exception cref="RequestException">It does not fit the protocol.</exception>
    public static InferCall Read(byte[] body, IHeaderDictionary headers)
    {
        int length = body.Length;
        if (headers[LengthHeader].ToString() is { Length: > 0 } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > body.Length))
        {
            throw TensorSource.Wrong($"the header {LengthHeader} must be the length of the JSON, at most that of the body");
        }

        InferRequest request = Parse(body.AsSpan(0, length));
        if (request.Inputs is not [InferInput input])
        {
            throw TensorSource.Wrong("a request has one input: the prepared images, or the encoded ones");
        }

        ReadOnlyMemory<byte>? binary = null;
        if (input?.Parameters?.BinaryDataSize is long size)
        {
            binary = size == body.Length - length
                ? body.AsMemory(length)
                : throw TensorSource.Wrong($"{body.Length - length} bytes stand behind the JSON, but binary_data_size is {size}");
        }

        return input is null ? throw TensorSource.Wrong("an input is null") : new InferCall(request, new TensorSource(input, binary));
    }

    /// <summary>True if an output is asked for.</summary>
    /// <param name="name">Its name.</param>
    public bool Wants(string name) => Request.Outputs is not { Count: > 0 } wanted || wanted.Any(one => one?.Name == name);

    /// <summary>True if an output's tensor shall stand behind the JSON.</summary>
    /// <param name="name">Its name.</param>
    public bool WantsBinary(string name) =>
        Request.Outputs?.FirstOrDefault(one => one?.Name == name)?.Parameters?.BinaryData ?? Request.Parameters?.BinaryDataOutput ?? false;

    private static InferRequest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ProtocolJson.Default.InferRequest) ?? throw TensorSource.Wrong("the body is null");
        }
        catch (JsonException error)
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest,
                $"The body is not a request of the Open Inference Protocol: {error.Message}",
                error);
        }
    }
}
