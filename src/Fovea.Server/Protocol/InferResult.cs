using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>Answer to a request for an inference: JSON, with tensors behind it where they were asked for so.</summary>
/// <param name="model">Name of the model.</param>
/// <param name="call">The request.</param>
/// <param name="outputs">Tensors that were asked for.</param>
internal sealed class InferResult(string model, InferCall call, IReadOnlyList<OutputTensor> outputs) : IResult
{
    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        List<InferOutput> described = [];
        using MemoryStream behind = new();
        foreach (OutputTensor output in outputs)
        {
            byte[]? bytes = call.WantsBinary(output.Name) ? output.Bytes() : null;
            behind.Write(bytes);
            described.Add(new InferOutput(
                output.Name,
                output.Datatype,
                output.Shape,
                bytes is null ? null : new InferParameters { BinaryDataSize = bytes.Length },
                bytes is null ? output.Json() : null));
        }

        InferResponse response = new(model, Protocol.ModelVersion, call.Request.Id, described);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(response, ProtocolJson.Default.InferResponse);
        HttpResponse answer = httpContext.Response;
        answer.ContentType = behind.Length > 0 ? "application/octet-stream" : "application/json";
        answer.ContentLength = json.Length + behind.Length;
        if (behind.Length > 0)
        {
            answer.Headers[InferCall.LengthHeader] = json.Length.ToString(CultureInfo.InvariantCulture);
        }

        await answer.Body.WriteAsync(json, httpContext.RequestAborted).ConfigureAwait(false);
        await answer.Body.WriteAsync(behind.GetBuffer().AsMemory(0, (int)behind.Length), httpContext.RequestAborted).ConfigureAwait(false);
    }
}
