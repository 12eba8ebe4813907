using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Engine.Execution;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Cli;

/// <summary>Measurement of training steps beside their loader: which of them waits.</summary>
/// <param name="context">Told of all.</param>
/// <param name="recipe">Recipe of the run; the default options where empty.</param>
/// <param name="threads">Numbers of threads to measure with.</param>
/// <param name="duration">Time of each measurement.</param>
internal sealed class DataSpeed(VerbContext context, Recipe recipe, int[] threads, TimeSpan duration)
{
    /// <summary>Measures models on images.</summary>
    /// <param name="data">Path of the images; null for those of the recipe.</param>
    /// <param name="models">Names of models; none for that of the recipe.</param>
    /// <param name="batches">Sizes of batches; none for that of the recipe.</param>
    /// <param name="cancellation">Stops the measurement.</param>
    public void Run(string? data, string[] models, int[] batches, CancellationToken cancellation)
    {
        Table table = new("model", "batch", "threads", "loader", "network", "together", "waits", "slower");
        JsonArray results = [];
        foreach (string? model in models.Length > 0 ? models : (string?[])[null])
        {
            RunConfiguration configuration = new NewRun(context, recipe, new RunChanges { Data = data, Model = model }).Configure();
            using DatasetParts parts = configuration.OpenData();
            foreach (int batch in batches.Length > 0 ? batches : [configuration.Options.BatchSize])
            {
                TrainingOptions options = configuration.Options with { BatchSize = batch };
                OptionChecks.RequireBatch(options, parts.Training.Count);
                OptionChecks.RequireWeights(options, parts.Classes.Count);
                foreach (int count in threads)
                {
                    using WorkerPool pool = new(count);
                    Add(table, results, options, count, DataBenchmark.Training(options, parts.Training, pool, duration, cancellation));
                }
            }
        }

        context.Output.WriteLine("images a second of training: the loader by itself on one thread, the network by itself, both together");
        context.Output.WriteLine();
        context.Write(table);
        context.Result["results"] = results;
    }

    private static void Add(Table table, JsonArray results, TrainingOptions options, int threads, DataBenchmark speed)
    {
        table.Add(
            options.Model,
            Numbers.Whole(options.BatchSize),
            Numbers.Whole(threads),
            Numbers.Count(speed.Loader),
            Numbers.Count(speed.Network),
            Numbers.Count(speed.Together),
            Numbers.Percent(speed.Waiting),
            Numbers.Percent(speed.Slowdown));
        results.Add((JsonNode)new JsonObject
        {
            ["model"] = options.Model,
            ["batch"] = options.BatchSize,
            ["threads"] = threads,
            ["loaderImagesPerSecond"] = speed.Loader,
            ["networkImagesPerSecond"] = speed.Network,
            ["imagesPerSecond"] = speed.Together,
            ["waiting"] = speed.Waiting,
            ["slowdown"] = speed.Slowdown,
        });
    }
}
