// One model behind HTTP, asked from many threads: POST a PNG or JPEG image to /classify, get its classes as JSON.
//   dotnet run --project examples/ServeImages -- --checkpoint runs/example/model.safetensors --urls http://127.0.0.1:5080
//   curl --data-binary @runs/example/image.png http://127.0.0.1:5080/classify
using Fovea.Data;
using Fovea.Tasks;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
string checkpoint = builder.Configuration["checkpoint"] ?? "runs/example/model.safetensors";

// One model for all requests; as many images in the network at once as there are processors. Further requests wait without holding a
// thread, and leave when their client does. Tests register a stand-in for IClassifier instead.
builder.Services.AddSingleton<IClassifier>(_ => Classifier.Load(checkpoint, concurrency: Environment.ProcessorCount));

WebApplication app = builder.Build();
app.Services.GetRequiredService<IClassifier>();
app.MapPost("/classify", async (HttpRequest request, IClassifier classifier, CancellationToken cancellation) =>
{
    try
    {
        return Results.Ok(await classifier.PredictAsync(request.Body, count: 3, cancellation));
    }
    catch (UnusableDataException error)
    {
        return Results.Problem(error.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});
app.Run();
