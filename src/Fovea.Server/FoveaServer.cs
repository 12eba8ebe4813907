using Fovea.Tasks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fovea.Server;

/// <summary>Fovea's models in a server of ASP.NET Core: <c>AddFovea</c> loads them, <c>MapFovea</c> gives them addresses.</summary>
public static class FoveaServer
{
    /// <summary>Adds models, their batches and figures. They are loaded when the program starts, which does not wait for them.</summary>
    /// <param name="services">Services of the program.</param>
    /// <param name="configure">Chooses checkpoints and limits.</param>
    /// <exception cref="ArgumentException">A choice does not fit; the message names it.</exception>
    public static IServiceCollection AddFovea(this IServiceCollection services, Action<FoveaServerOptions>? configure = null)
    {
        FoveaServerOptions options = new();
        configure?.Invoke(options);
        return services.AddFovea(options);
    }

    /// <summary>Adds models, their batches and figures.</summary>
    /// <param name="services">Services of the program.</param>
    /// <param name="options">Checkpoints and limits.</param>
    /// <exception cref="ArgumentException">A choice does not fit; the message names it.</exception>
    internal static IServiceCollection AddFovea(this IServiceCollection services, FoveaServerOptions options)
    {
        options.Validate();
        services.AddProblemDetails();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Add(ServerJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Add(AnswerJson.Default);
            json.SerializerOptions.TypeInfoResolverChain.Add(ProtocolJson.Default);
        });
        return services
            .AddSingleton(options)
            .AddSingleton<ServerHealth>()
            .AddSingleton<ModelSet>()
            .AddSingleton<ServerMetrics>()
            .AddSingleton<ModelLoader>()
            .AddSingleton<Decoders>()
            .AddSingleton<RequestBody>()
            .AddSingleton<Inference>()
            .AddSingleton<ModelRequests>()
            .AddHostedService<ModelFiles>();
    }

    /// <summary>
    /// Maps <c>/v1/models</c> with the tasks of each model, and the Open Inference Protocol below <c>/v2</c>.
    /// </summary>
    /// <param name="routes">Takes the addresses.</param>
    /// <returns>All addresses together, for what the program asks of them, such as authorization.</returns>
    public static IEndpointConventionBuilder MapFovea(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("");
        group.MapModels();
        group.MapProtocol();
        return group;
    }
}
