using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Models;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea info MODEL</c>: a model in figures, by stage, and the memory that it will take. Nothing runs.</summary>
internal sealed class InfoVerb : Verb
{
    private readonly Argument<string> _model;
    private readonly Option<int> _batch;
    private readonly Option<string> _size;
    private readonly Option<int?> _classes;

    /// <summary>Declares the verb.</summary>
    public InfoVerb()
        : base(
            "info",
            "Show a model's parameters, multiply-adds and memory, in total and by stage, without running it.",
            "fovea info cmt_ti",
            "fovea info cmt_s --size 192x256 --batch 32 --classes 10",
            "fovea info mask_rcnn:resnet50 --size 800x1088")
    {
        _model = AddArgument<string>(
            "MODEL", "The model's name ('fovea models' lists them), HEAD:MODEL for a detector, or a checkpoint.");
        _batch = AddOption("--batch", "Images in one run.", 1);
        _size = AddOption<string>(
            "--size", "Side of the images in pixels, or rows and columns as 192x256. [default: the model's native size]");
        _classes = AddOption<int?>("--classes", "Number of classes. [default: the model's own]");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string name = context.Value(_model);
        int batch = context.Value(_batch);
        if (batch < 1)
        {
            throw new UsageException($"--batch {batch} is too small: a run takes at least one image.");
        }

        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        Network network = ModelChoice.Create(name, new ModelOptions(context.Value(_classes), size?.Height, size?.Width));
        NetworkSummary summary = ModelChoice.Fit(name, () => new NetworkSummary(network, batch));
        long training = TrainingEstimate.Bytes(network, batch);
        Show(context, name, summary, training);
        Fill(context.Result, name, summary, training);
        return Task.FromResult(ExitCodes.Success);
    }

    private static void Show(VerbContext context, string name, NetworkSummary summary, long training)
    {
        Network network = summary.Network;
        TextWriter output = context.Output;
        output.WriteLine($"{name} for {network.Classes} classes");
        output.WriteLine();
        output.WriteLine($"parameters     {Numbers.Whole(summary.Parameters)}");
        output.WriteLine($"multiply-adds  {Numbers.Whole(summary.MultiplyAdds)} an image");
        output.WriteLine($"input          {network.Height}x{network.Width}x3, {summary.Batch} at a time");
        output.WriteLine(
            $"memory         {Numbers.Bytes(summary.InferenceBytes)} for inference, {Numbers.Bytes(training)} for training "
                + "with AdamW");
        output.WriteLine();

        Table table = new("part", "stride", "output", "parameters", "multiply-adds", "share");
        foreach (PartSummary part in summary.Parts)
        {
            double share = (double)part.MultiplyAdds / summary.MultiplyAdds;
            table.Add(
                part.Name,
                part.Stride is int stride ? Numbers.Whole(stride) : "",
                string.Join("x", part.Output),
                Numbers.Count(part.Parameters),
                Numbers.Count(part.MultiplyAdds),
                Numbers.Percent(share));
        }

        table.AddRule();
        table.Add("all", "", "", Numbers.Count(summary.Parameters), Numbers.Count(summary.MultiplyAdds), Numbers.Percent(1));
        context.Write(table);
    }

    private static void Fill(JsonObject result, string name, NetworkSummary summary, long training)
    {
        result["model"] = name;
        result["parameters"] = summary.Parameters;
        result["macs"] = summary.MultiplyAdds;
        result["input"] = new JsonArray(summary.Network.Height, summary.Network.Width, 3);
        result["classes"] = summary.Network.Classes;
        result["batch"] = summary.Batch;
        result["inferenceBytes"] = summary.InferenceBytes;
        result["trainingBytes"] = training;
        result["stages"] = new JsonArray([.. summary.Parts.Select(part => (JsonNode)new JsonObject
        {
            ["name"] = part.Name,
            ["stride"] = part.Stride,
            ["channels"] = part.Channels,
            ["output"] = new JsonArray([.. part.Output.Select(extent => (JsonNode)extent)]),
            ["parameters"] = part.Parameters,
            ["macs"] = part.MultiplyAdds,
        })]);
    }
}
