// A minimal server of a classifier on ONNX Runtime, to hold Fovea's server against: the same decoding, the same preprocessing, the same
// batches, of which only the network is computed by another runtime.
//   dotnet Fovea.OnnxServer.dll --Onnx=model.onnx --Checkpoint=model.safetensors --urls=http://127.0.0.1:8081
using System.Text.Json.Serialization;
using Fovea.Checkpoints;
using Fovea.Data;
using Fovea.Models;
using Fovea.OnnxServer;
using Fovea.Server;
using Fovea.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Add(PeerJson.Default));
FoveaServerOptions options = new()
{
    Concurrency = builder.Configuration.GetValue<int?>("Concurrency"),
    MaxBatch = builder.Configuration.GetValue("MaxBatch", 8),
};
Preprocessing preprocessing;
IReadOnlyList<string> classes;
using (Model model = Checkpoint.Load(builder.Configuration["Checkpoint"]!))
{
    (preprocessing, classes) = (model.Info.Preprocessing, model.Info.Classes);
}

int threads = Environment.ProcessorCount / options.Lanes;
using OnnxClassifier classifier = new(builder.Configuration["Onnx"]!, preprocessing, threads);
Admission admission = new(options.Queue + (options.Lanes * options.MaxBatch));
using Decoders decoders = new();
using BatchQueue<float[], float[]> queue = new(options, options.MaxBatch, admission, classifier.Predict, (_, _) => { });
classifier.Predict([new float[preprocessing.Length]]);

await using WebApplication app = builder.Build();
app.MapGet("/v2/health/ready", () => Results.Ok());
app.MapPost("/v1/models/m/predict", async (HttpContext http) =>
{
    if (!admission.TryEnter())
    {
        return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }

    float[] prepared;
    try
    {
        using MemoryStream body = new((int)(http.Request.ContentLength ?? 0));
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        prepared = await decoders.RunAsync(() => Prepare(body.GetBuffer().AsSpan(0, (int)body.Length).ToArray()), http.RequestAborted);
    }
    finally
    {
        admission.Prepared();
    }

    try
    {
        BatchedResult<float[]> result = await queue.AddAsync(prepared, http.RequestAborted);
        return Results.Ok(new PeerAnswer([new PeerImage([.. Prediction.Best(result.Value, classes, 1)])]));
    }
    finally
    {
        admission.Leave(1);
    }
});
await app.StartAsync();
Console.WriteLine($$"""{"urls":["{{app.Urls.First()}}"]}""");
await app.WaitForShutdownAsync();

float[] Prepare(byte[] bytes)
{
    float[] input = new float[preprocessing.Length];
    preprocessing.Apply(ImageFile.Decode(bytes, "image"), input);
    return input;
}

/// <summary>Answer in the form of Fovea's.</summary>
internal sealed record PeerAnswer(PeerImage[] Predictions);

/// <summary>Classes of an image.</summary>
internal sealed record PeerImage(Prediction[] Classes);

/// <summary>Generated code for answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PeerAnswer))]
internal sealed partial class PeerJson : JsonSerializerContext;
