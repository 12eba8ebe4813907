using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli.Terminal;
using Fovea.Models;
using Fovea.Onnx;

namespace Fovea.Cli.Verbs;

/// <summary>
/// <c>fovea export CHECKPOINT --onnx FILE</c>: a checkpoint, or a model with fresh weights, as a file for other runtimes.
/// </summary>
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
    private readonly Option<bool> _argMax;
    private readonly Option<bool> _overwrite;

    /// <summary>Declares the verb.</summary>
    public ExportVerb()
        : base(
            "export",
            "Write a checkpoint, or a model with fresh weights, as an ONNX file: for any batch, or, of a detector, for one image.",
            "fovea export runs/first/best.safetensors --onnx first.onnx",
            "fovea export runs/first/best.safetensors --onnx first.onnx --with-preprocessing",
            "fovea export runs/cells/best.safetensors --onnx cells.onnx --size 480x640",
            "fovea export --model cmt_s --onnx cmt_s.onnx --opset 20")
    {
        _checkpoint = AddArgument<string?>("CHECKPOINT", "A safetensors file of a run.");
        _checkpoint.Arity = ArgumentArity.ZeroOrOne;
        _onnx = AddOption<string>("--onnx", "The file to write.");
        _onnx.Required = true;
        _overwrite = AddOption<bool>("--overwrite", "Replace --onnx where it exists.");
        _model = AddOption<string>("--model", "A model with fresh weights, in place of a checkpoint; 'fovea models' lists them.");
        _classes = AddOption<int?>("--classes", "With --model: number of classes. [default: the model's own]");
        _size = AddOption<string>(
            "--size",
            "Side of the images in pixels, or rows and columns as 192x256; a detector's with padding. "
                + "[default: the checkpoint's or the model's own]");
        _seed = AddOption<ulong>("--seed", "With --model: what the fresh weights are drawn from.", 1);
        _opset = AddOption(
            "--opset", $"Version of ONNX's operators, {OnnxOptions.MinOpset} to {OnnxOptions.MaxOpset}.", OnnxOptions.MinOpset);
        _withPreprocessing = AddOption<bool>(
            "--with-preprocessing",
            "Take bytes (batch, rows, columns, 3) of images at the network's size, and normalise them inside the file.");
        _argMax = AddOption<bool>(
            "--argmax", "Of a segmentation network: give the class index of each pixel at the input's size, not logits.");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        int opset = context.Value(_opset);
        if (opset is < OnnxOptions.MinOpset or > OnnxOptions.MaxOpset)
        {
            throw new UsageException(
                $"--opset {opset} cannot be written: choose one from {OnnxOptions.MinOpset} to {OnnxOptions.MaxOpset}.");
        }

        OptionChecks.RequireNew(context.Value(_onnx)!, context.Value(_overwrite));
        using Model model = Open(context);
        if (context.Value(_argMax) && ModelRegistry.TaskOf(model.Info.Name) != VisionTask.Segmentation)
        {
            throw new UsageException($"--argmax belongs to segmentation networks, and {model.Info.Name} is none: leave it out.");
        }

        OnnxOptions options = new()
        {
            Opset = opset,
            Preprocessing = context.Value(_withPreprocessing) ? model.Info.Preprocessing : null,
            ArgMax = context.Value(_argMax),
        };
        IReadOnlyList<string> files = OnnxExport.Write(context.Value(_onnx)!, model, options);
        Show(context, model.Info, opset, files);
        return Task.FromResult(ExitCodes.Success);
    }

    private Model Open(VerbContext context)
    {
        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        switch (context.ValueOrNull(_checkpoint), context.Value(_model))
        {
            case (string path, null):
                if (context.IsGiven(_classes) || context.IsGiven(_seed))
                {
                    throw new UsageException(
                        "--classes and --seed belong to fresh weights (--model): a checkpoint has its own classes and weights.");
                }

                string file = ShippedNetworks.Resolve(path);
                return ModelChoice.Fit($"--size {context.Value(_size)}", () => Checkpoint.Load(file, new ImportOptions(Size: size)));
            case (null, string name):
                ModelOptions options = new(context.Value(_classes), size?.Height, size?.Width);
                ModelChoice.Create(name, options);
                return Model.Create(name, options, context.Value(_seed));
            default:
                throw new UsageException("Give either a checkpoint or --model NAME.");
        }
    }

    private static void Show(VerbContext context, ModelInfo info, int opset, IReadOnlyList<string> files)
    {
        long bytes = files.Sum(file => new FileInfo(file).Length);
        context.Output.WriteLine(
            $"{info.Name} for {info.Classes.Count} classes, opset {opset}: {string.Join(" and ", files)}, {Numbers.Bytes(bytes)}");
        context.Result["model"] = info.Name;
        context.Result["classes"] = info.Classes.Count;
        context.Result["opset"] = opset;
        context.Result["files"] = new JsonArray([.. files.Select(file => (JsonNode)file)]);
        context.Result["bytes"] = bytes;
    }
}
