using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Models;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea models</c>: what can be built, and what it costs.</summary>
internal sealed class ModelsVerb() : Verb(
    "models", "List the models with their parameters, multiply-adds and native image size, and the trained networks that ship.")
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
        ShowHeads(context);
        ShowShipped(context);
        return Task.FromResult(ExitCodes.Success);
    }

    private static void ShowHeads(VerbContext context)
    {
        IReadOnlyList<string> heads = ModelRegistry.Heads;
        context.Output.WriteLine();
        foreach (VisionTask task in new[] { VisionTask.Detection, VisionTask.Segmentation })
        {
            IEnumerable<string> ofTask = heads.Where(head => ModelRegistry.TaskOf(head) == task);
            context.Output.WriteLine($"heads for {task.ToString().ToLowerInvariant()}: {string.Join(", ", ofTask)}");
        }

        context.Output.WriteLine($"Each goes with each model above, as HEAD:MODEL: {heads[^1]}:cmt_s, for instance.");
        context.Result["heads"] = new JsonArray([.. heads.Select(head => (JsonNode)head)]);
    }

    private static void ShowShipped(VerbContext context)
    {
        IReadOnlyList<string> names = ShippedNetworks.Names;
        if (names.Count == 0)
        {
            return;
        }

        Table table = new("trained", "model", "classes", "input", "size");
        JsonArray shipped = [];
        foreach (string name in names)
        {
            string path = ShippedNetworks.Resolve(name);
            using SafeTensorsFile file = SafeTensorsFile.Open(path);
            ModelInfo info = Checkpoint.ReadInfo(file);
            long bytes = new FileInfo(path).Length;
            Preprocessing images = info.Preprocessing;
            table.Add(name, info.Name, Numbers.Whole(info.Classes.Count), $"{images.Height}x{images.Width}", Numbers.Bytes(bytes));
            shipped.Add((JsonNode)new JsonObject
            {
                ["name"] = name,
                ["model"] = info.Name,
                ["classes"] = info.Classes.Count,
                ["input"] = new JsonArray(images.Height, images.Width),
                ["bytes"] = bytes,
            });
        }

        context.Output.WriteLine();
        context.Write(table);
        context.Result["trained"] = shipped;
    }
}
