using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace Fovea.Server;

/// <summary>The page under <c>/</c>: the files of <c>wwwroot</c>, which lie in the assembly.</summary>
internal static class Page
{
    /// <summary>Address of the page of the API.</summary>
    public const string Documentation = "/scalar";

    private const string Folder = "wwwroot/";
    private const string Index = "index.html";

    /// <summary>Gives every file an address of its own; no address is ever looked up in a file system.</summary>
    /// <param name="routes">Takes the addresses.</param>
    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        Assembly assembly = typeof(Page).Assembly;
        FileExtensionContentTypeProvider types = new();
        EntityTagHeaderValue tag = new($"\"{assembly.ManifestModule.ModuleVersionId:N}\"");
        foreach (string resource in assembly.GetManifestResourceNames())
        {
            if (!resource.StartsWith(Folder, StringComparison.Ordinal))
            {
                continue;
            }

            string path = resource[Folder.Length..];
            string type = types.TryGetContentType(path, out string? known) ? known : "application/octet-stream";
            type = type.StartsWith("text/", StringComparison.Ordinal) ? $"{type}; charset=utf-8" : type;
            Map(routes, $"/{path}", assembly, resource, type, tag);
            if (path == Index)
            {
                Map(routes, "/", assembly, resource, type, tag);
            }
        }
    }

    private static void Map(
        IEndpointRouteBuilder routes, string address, Assembly assembly, string resource, string type, EntityTagHeaderValue tag) =>
        routes.MapMethods(address, ["GET", "HEAD"], http =>
        {
            http.Response.Headers.CacheControl = "no-cache";
            return TypedResults.Stream(assembly.GetManifestResourceStream(resource)!, type, entityTag: tag).ExecuteAsync(http);
        });
}
