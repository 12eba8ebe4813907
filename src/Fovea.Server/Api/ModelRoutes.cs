using Fovea.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.OpenApi;

namespace Fovea.Server;

/// <summary>Addresses below <c>/v1/models</c>.</summary>
internal static class ModelRoutes
{
    /// <summary>Maps the addresses.</summary>
    /// <param name="group">Takes them.</param>
    public static void MapModels(this RouteGroupBuilder group)
    {
        group.MapGet("/v1/models", (ModelRequests requests) => requests.Cards())
            .WithTags("Models").WithSummary("The models, with their tasks, classes and image sizes")
            .Produces<ModelCards>();
        group.MapGet("/v1/models/{name}", (string name, HttpContext http, ModelRequests requests) => requests.CardAsync(http, name))
            .WithTags("Models").WithSummary("One model")
            .Produces<ModelCard>().ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost(
                "/v1/models/{name}/predict",
                (string name, [FromQuery] int? top, HttpContext http, ModelRequests requests) =>
                    requests.AnswerAsync(http, name, ClassifyRunner.Name))
            .WithSummary("The most probable classes of images").Describe<ClassesAnswer>();
        group.MapPost(
                "/v1/models/{name}/detect",
                (string name, [FromQuery] double? threshold, HttpContext http, ModelRequests requests) =>
                    requests.AnswerAsync(http, name, DetectRunner.Name))
            .WithSummary("The objects in images: boxes, and masks where the model gives them").Describe<DetectionsAnswer>();
        group.MapPost(
                "/v1/models/{name}/segment",
                (string name, HttpContext http, ModelRequests requests) => requests.AnswerAsync(http, name, SegmentRunner.Name))
            .WithSummary("The class of every pixel: shares and masks of the classes that occur").Describe<SegmentsAnswer>();
        group.MapPost(
                "/v1/models/{name}/explain",
                (string name,
                    [FromQuery] string? method,
                    [FromQuery(Name = "class")] string[]? classes,
                    [FromQuery] string? layer,
                    [FromQuery] int? head,
                    [FromQuery] string? at,
                    [FromQuery] int? detection,
                    HttpContext http,
                    ModelRequests requests) => requests.AnswerAsync(http, name, ExplainRunner.Name))
            .WithSummary("Maps that explain what a model answers: a class, a detection, or the class of pixels")
            .Describe<ExplanationsAnswer>();
        group.MapGet(
                "/v1/models/{name}/explain",
                (string name, HttpContext http, ModelRequests requests) => requests.ExplainableAsync(http, name))
            .WithTags("Models").WithSummary("Layers and methods that explain a model")
            .Produces<ExplainableModel>().ProducesProblem(StatusCodes.Status404NotFound);

        // Tasks that no model here does.
        group.MapPost(
                "/v1/models/{name}/{task}",
                (string name, string task, HttpContext http, ModelRequests requests) => requests.AnswerAsync(http, name, task))
            .ExcludeFromDescription();
    }

    /// <summary>Describes a task: its body, which may have any content type, and its answers.</summary>
    private static void Describe<TAnswer>(this RouteHandlerBuilder route)
    {
        route.WithTags("Tasks")
            .WithDescription("Send an image as the body, or one or several as multipart/form-data. Answers are in the order of the images; "
                + "those that cannot be read stand under failures, or are the error where no other is there.")
            .Produces<TAnswer>();
        foreach (int status in (int[])[400, 401, 404, 413, 415, 429, 503, 504])
        {
            route.ProducesProblem(status);
        }

        route.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            OpenApiSchema image = new() { Type = JsonSchemaType.String, Format = "binary" };
            OpenApiSchema form = new()
            {
                Type = JsonSchemaType.Object,
                Properties = new Dictionary<string, IOpenApiSchema>
                {
                    ["image"] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = image },
                },
            };
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["image/*"] = new() { Schema = image },
                    ["multipart/form-data"] = new() { Schema = form },
                },
            };
            return Task.CompletedTask;
        });
    }
}
