using Fovea.Checkpoints;
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Formats.Onnx;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea export CHECKPOINT --onnx FILE</c>: a checkpoint, or a model with fresh weights, as a file for other runtimes.</summary>
internal sealed class ExportVerb : Verb
{
    private readonly Argument<string?> _checkpoint;
    private readonly Option<string> _onnx;
    private readonly Option<string> _model;
    private readonly Option<int?> _classes;
    private readonly Option<string> _size;
    private readonly Option<ulong> _seed;
    private readonly Option<int> _opset;
    private readonly Option<bool> _withPreprocessing;

    /// <summary>Declares the verb.</summary>
    public ExportVerb()
        : base(
            "export",
            "Write a checkpoint, or a model with fresh weights, as an ONNX file for any batch.",
            "fovea export runs/first/best.safetensors --onnx first.onnx",
            "fovea export runs/first/best.safetensors --onnx first.onnx --with-preprocessing",
            "fovea export --model cmt_s --onnx cmt_s.onnx --opset 20")
    {
        _checkpoint = AddArgument<string?>("CHECKPOINT", "A safetensors file of a run.");
        _checkpoint.Arity = ArgumentArity.ZeroOrOne;
        _onnx = AddOption<string>("--onnx", "The file to write.");
        _onnx.Required = true;
        _model = AddOption<string>("--model", "A model with fresh weights, in place of a checkpoint; 'fovea models' lists them.");
        _classes = AddOption<int?>("--classes", "With --model: number of classes. [default: the model's own]");
        _size = AddOption<string>("--size", "Side of the images in pixels, or rows and columns as 192x256. [default: the checkpoint's or the model's own]");
        _seed = AddOption<ulong>("--seed", "With --model: what the fresh weights are drawn from.", 1);
        _opset = AddOption("--opset", $"Version of ONNX's operators, {OnnxOptions.MinOpset} to {OnnxOptions.MaxOpset}.", OnnxOptions.MinOpset);
        _withPreprocessing = AddOption<bool>("--with-preprocessing", "Take bytes (batch, rows, columns, 3) of images at the network's size, and normalise them inside the file.");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        int opset = context.Value(_opset);
        if (opset is < OnnxOptions.MinOpset or > OnnxOptions.MaxOpset)
        {
            throw new UsageException($"--opset {opset} cannot be written: choose one from {OnnxOptions.MinOpset} to {OnnxOptions.MaxOpset}.");
        }

        (ModelInfo info, Network network, ParameterStore state) = Open(context);
        using (state)
        {
            OnnxOptions options = new() { Opset = opset, Preprocessing = context.Value(_withPreprocessing) ? info.Preprocessing : null };
            IReadOnlyList<string> files = OnnxExport.Write(context.Value(_onnx)!, info, network, options);
            Show(context, info, opset, files);
        }

        return Task.FromResult(ExitCodes.Success);
    }

    private (ModelInfo Info, Network Network, ParameterStore State) Open(VerbContext context)
    {
        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        switch (context.ValueOrNull(_checkpoint), context.Value(_model))
        {
            case (string path, null):
                if (context.IsGiven(_classes) || context.IsGiven(_seed))
                {
                    throw new UsageException("--classes and --seed belong to fresh weights (--model): a checkpoint has its own classes and weights.");
                }

                return size is null ? Checkpoint.Open(path) : ModelChoice.Fit($"--size {context.Value(_size)}", () => Checkpoint.Open(path, size));
            case (null, string model):
                return Fresh(model, new ModelOptions(context.Value(_classes), size?.Height, size?.Width), context.Value(_seed));
            default:
                throw new UsageException("Give either a checkpoint or --model NAME.");
        }
    }

    private static (ModelInfo Info, Network Network, ParameterStore State) Fresh(string model, ModelOptions options, ulong seed)
    {
        Network network = ModelChoice.Create(model, options);
        Preprocessing preprocessing = new()
        {
            Height = network.Height,
            Width = network.Width,
            ResizeTo = Math.Min(network.Height, network.Width) * 256 / 224,
        };
        string[] classes = [.. Enumerable.Range(0, network.Classes).Select(number => number.ToString(CultureInfo.InvariantCulture))];
        ParameterStore state = new(network);
        state.Initialize(seed);
        return (new ModelInfo(model, options with { Classes = network.Classes }, classes, preprocessing), network, state);
    }

    private static void Show(VerbContext context, ModelInfo info, int opset, IReadOnlyList<string> files)
    {
        long bytes = files.Sum(file => new FileInfo(file).Length);
        context.Output.WriteLine($"{info.Name} for {info.Classes.Count} classes, opset {opset}: {string.Join(" and ", files)}, {Numbers.Bytes(bytes)}");
        context.Result["model"] = info.Name;
        context.Result["classes"] = info.Classes.Count;
        context.Result["opset"] = opset;
        context.Result["files"] = new JsonArray([.. files.Select(file => (JsonNode)file)]);
        context.Result["bytes"] = bytes;
    }
}
