using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Engine.Compile;
using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea graph MODEL</c>: a model's graph as text, as it was built or after a pass of the compiler. Nothing runs.</summary>
internal sealed class GraphVerb : Verb
{
    private readonly Argument<string> _model;
    private readonly Option<bool> _train;
    private readonly Option<string> _after;
    private readonly Option<int> _batch;
    private readonly Option<string> _size;
    private readonly Option<int?> _classes;

    /// <summary>Declares the verb.</summary>
    public GraphVerb()
        : base(
            "graph",
            "Print a model's graph, a line for each node, as it is built or after a pass of the compiler.",
            "fovea graph cmt_nano",
            "fovea graph resnet18 --after fuse-epilogues --batch 8",
            "fovea graph cmt_nano --train --json")
    {
        _model = AddArgument<string>(
            "MODEL", "The model's name ('fovea models' lists them), HEAD:MODEL for a detector, or a checkpoint.");
        _train = AddOption<bool>("--train", "The graph of a training step (forward, loss and backward) instead of inference.");
        _after = AddOption<string>(
            "--after",
            $"Run the passes up to this one: {string.Join(", ", Pipeline.Names(training: false))}; with --train "
            + $"{string.Join(", ", Pipeline.Names(training: true))}. [default: no pass runs]");
        _batch = AddOption("--batch", "Images in one run.", 1);
        _size = AddOption<string>(
            "--size", "Side of the images in pixels, or rows and columns as 192x256. [default: the model's native size]");
        _classes = AddOption<int?>("--classes", "Number of classes. [default: the model's own]");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string name = context.Value(_model);
        (int batch, bool train, string? after) = (context.Value(_batch), context.Value(_train), context.Value(_after));
        if (batch < 1)
        {
            throw new UsageException($"--batch {batch} is too small: a run takes at least one image.");
        }

        IReadOnlyList<string> passes = Pipeline.Names(train);
        if (after is not null && !passes.Contains(after))
        {
            throw new UsageException(
                $"--after {after} is no pass of {(train ? "training" : "inference")} graphs: there are {string.Join(", ", passes)}.");
        }

        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        Network network = ModelChoice.Create(name, new ModelOptions(context.Value(_classes), size?.Height, size?.Width));
        using ParameterStore state = ParameterStore.Describe(network);
        ComputeGraph graph = ModelChoice.Fit(name, () => train
            ? NetworkStep.Build(network, state, batch)
            : InferenceGraph.Build(network, batch));
        if (after is not null)
        {
            graph = Pipeline.Run(graph, Executor.Default.Costs, after);
        }

        context.Output.Write(graph.ToText());
        Fill(context.Result, name, after, graph);
        return Task.FromResult(ExitCodes.Success);
    }

    private static void Fill(JsonObject result, string name, string? after, ComputeGraph graph)
    {
        result["model"] = name;
        result["training"] = graph.Training;
        result["after"] = after;
        result["nodes"] = new JsonArray([.. graph.Nodes.Select(Node)]);
        result["inputs"] = Named(graph.Inputs.Select(entry => (entry.Key, entry.Value)));
        result["outputs"] = Named(graph.Outputs.Select(entry => (entry.Key, entry.Value)));
        result["marks"] = Named(graph.Marks.Select(entry => (entry.Key, entry.Value)));
        result["gradients"] = Named(graph.Gradients.Select(entry => (entry.Variable.Name, entry.Value)));
        result["assignments"] = Named(graph.Assignments.Select(entry => (entry.Variable.Name, entry.Value)));
    }

    private static JsonNode Node(Node node) => new JsonObject
    {
        ["index"] = node.Index,
        ["operation"] = node.Operation.Name,
        ["details"] = node.Operation.Details,
        ["path"] = node.Path,
        ["macs"] = node.MultiplyAdds,
        ["operands"] = new JsonArray([.. node.Inputs.Select(Reference)]),
        ["results"] = new JsonArray([.. node.Outputs.Select(output => new JsonObject
        {
            ["shape"] = new JsonArray([.. output.Shape.Select(extent => JsonValue.Create(extent))]),
            ["type"] = $"{output.Type.ElementType}",
        })]),
    };

    private static JsonArray Named(IEnumerable<(string Name, Value Value)> values)
    {
        JsonArray named = [];
        foreach ((string name, Value value) in values)
        {
            JsonObject entry = Reference(value);
            entry.Insert(0, "name", name);
            named.Add((JsonNode)entry);
        }

        return named;
    }

    private static JsonObject Reference(Value value) => new() { ["node"] = value.Producer.Index, ["result"] = value.OutputIndex };
}
