using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fovea.Server;

/// <summary>Addresses of the Open Inference Protocol below <c>/v2</c>, health among them.</summary>
internal static class ProtocolRoutes
{
    /// <summary>Beginning of the addresses.</summary>
    public const string Prefix = "/v2";

    private const string Tag = "Open Inference Protocol";

    /// <summary>Maps the addresses.</summary>
    /// <param name="group">Takes them.</param>
    public static void MapProtocol(this RouteGroupBuilder group)
    {
        RouteGroupBuilder protocol = group.MapGroup(Prefix);
        protocol.WithTags(Tag);
        protocol.MapGet("", () => TypedResults.Json(Protocol.Server, ProtocolJson.Default.ServerMetadata))
            .WithSummary("The server");
        protocol.MapGet("/health/live", () => TypedResults.Json(new LiveAnswer(true), ProtocolJson.Default.LiveAnswer))
            .WithSummary("Whether the server lives");
        protocol.MapGet(
                "/health/ready",
                (ServerHealth health) => TypedResults.Json(
                    new ReadyAnswer(health.IsReady, health.State), ProtocolJson.Default.ReadyAnswer, statusCode: Status(health.IsReady)))
            .WithSummary("Whether the server answers requests: starting, ready or draining");
        protocol.MapGet(
                "/models/{name}",
                (string name, HttpContext http, ModelRequests requests) => requests.HeldAsync(
                    http, name, model => TypedResults.Json(Protocol.Describe(model), ProtocolJson.Default.ModelMetadata)))
            .WithSummary("Inputs and outputs of a model").Produces<ModelMetadata>();
        protocol.MapGet(
                "/models/{name}/ready",
                (string name, HttpContext http, ServerHealth health, ModelRequests requests) => requests.HeldAsync(
                    http,
                    name,
                    model => TypedResults.Json(
                        new ModelReadyAnswer(model.Name, health.IsReady),
                        ProtocolJson.Default.ModelReadyAnswer,
                        statusCode: Status(health.IsReady))))
            .WithSummary("Whether a model answers requests").Produces<ModelReadyAnswer>();
        protocol.MapPost(
                "/models/{name}/infer",
                (string name, HttpContext http, ModelRequests requests) => requests.InferAsync(http, name))
            .WithSummary("Outputs of a model for tensors or encoded images").Produces<InferResponse>();
    }

    private static int Status(bool ready) => ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
}
