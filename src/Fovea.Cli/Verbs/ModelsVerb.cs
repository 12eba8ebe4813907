using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Models;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea models</c>: what can be built, and what it costs.</summary>
internal sealed class ModelsVerb() : Verb("models", "List the models with their parameters, multiply-adds and native image size.")
{
    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        Table table = new("model", "parameters", "multiply-adds", "input");
        JsonArray models = new();
        foreach (string name in ModelRegistry.Names)
        {
            cancellation.ThrowIfCancellationRequested();
            Network network = ModelRegistry.Create(name);
            (long parameters, long multiplyAdds) = NetworkSummary.Count(network);
            table.Add(name, Numbers.Count(parameters), Numbers.Count(multiplyAdds), $"{network.Height}x{network.Width}");
            models.Add((JsonNode)new JsonObject
            {
                ["name"] = name,
                ["parameters"] = parameters,
                ["macs"] = multiplyAdds,
                ["input"] = new JsonArray(network.Height, network.Width),
            });
        }

        context.Write(table);
        context.Result["models"] = models;
        return Task.FromResult(ExitCodes.Success);
    }
}
