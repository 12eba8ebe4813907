using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Checkpoints;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Models.Keys;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea convert CHECKPOINT</c>: a published checkpoint made Fovea's own, or weights back under PyTorch's names.</summary>
internal sealed class ConvertVerb : Verb
{
    private static readonly string[] _pyTorchEndings = [".pth", ".pt"];

    private readonly Argument<string> _checkpoint;
    private readonly Option<string> _out;
    private readonly Option<string> _model;
    private readonly Option<string> _weights;
    private readonly Option<int?> _classes;
    private readonly Option<string> _labels;
    private readonly Option<string> _size;
    private readonly Option<float?> _normEpsilon;
    private readonly Option<string> _scheme;
    private readonly Option<bool> _float16;
    private readonly Option<bool> _overwrite;

    /// <summary>Declares the verb.</summary>
    public ConvertVerb()
        : base(
            "convert",
            "Convert a checkpoint of PyTorch or safetensors to a checkpoint of Fovea, or to a state dict of PyTorch.",
            "fovea convert pit_s_809.pth --out pit_s.safetensors",
            "fovea convert cmt_small.pth --weights model_ema --classes 10 --size 256 --out flowers.safetensors",
            "fovea convert runs/first/best.safetensors --out best.pth",
            "fovea convert runs/first/best.safetensors --float16 --out model.safetensors")
    {
        _checkpoint = AddArgument<string>(
            "CHECKPOINT", "A checkpoint of PyTorch (.pth, .pt, .bin, .pth.tar) or safetensors; told by its content.");
        _out = AddOption<string>("--out", "The file to write: .safetensors for Fovea, .pth or .pt for PyTorch.");
        _out.Required = true;
        _overwrite = AddOption<bool>("--overwrite", "Replace --out where it exists.");
        _model = AddOption<string>("--model", "The model; 'fovea models' lists them. [default: told by names and shapes]");
        _weights = AddOption<string>("--weights", "The dictionary in the file, such as model_ema. [default: the one that fits]");
        _classes = AddOption<int?>(
            "--classes", "Number of classes; another than the checkpoint's gives a fresh classifier. [default: the checkpoint's]");
        _labels = AddOption<string>(
            "--labels",
            "A text file with the name of a class in each line. [default: what the checkpoint says, else class 0, class 1, …]");
        _size = AddInputSize();
        _normEpsilon = AddOption<float?>(
            "--norm-epsilon",
            "Number that batch normalisations add to the variance, which a file does not tell. [default: that of the code whose names it "
                + "has: 1e-5, or 0 for torchvision's first detectors]");
        _float16 = AddOption<bool>(
            "--float16", "Store weights of Fovea's file in 16 bits, half the size; biases, norms and statistics stay as they are.");
        _scheme = AddOption<string>(
            "--scheme", "Whose names a file of PyTorch gets: official, or another that the model has, such as timm. [default: official]");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string output = context.Value(_out)!;
        bool pyTorch = IsPyTorch(output);
        OptionChecks.RequireNew(output, context.Value(_overwrite));
        KeyScheme scheme = SchemeOf(context.Value(_scheme), pyTorch);
        if (pyTorch && context.Value(_float16))
        {
            throw new UsageException("--float16 is for files of Fovea: let --out end in .safetensors.");
        }

        using CheckpointImport import = Import(context);
        if (pyTorch)
        {
            if (!import.Match.Outline.Schemes.Contains(scheme))
            {
                throw new UsageException(
                    $"--scheme {scheme.Name} is not for {import.Info.Name}, which has "
                        + $"{string.Join(", ", import.Match.Outline.Schemes.Select(one => one.Name))}.");
            }

            import.SavePyTorch(output, scheme);
        }
        else
        {
            import.Save(output, context.Value(_float16) ? SafeTensorType.F16 : SafeTensorType.F32);
        }

        Show(context, import, output);
        return Task.FromResult(ExitCodes.Success);
    }

    private static bool IsPyTorch(string path)
    {
        string ending = Path.GetExtension(path);
        return _pyTorchEndings.Contains(ending) || (ending == ".safetensors"
            ? false
            : throw new UsageException(
                $"--out {path} tells no format: let it end in .safetensors for Fovea, or in .pth or .pt for PyTorch."));
    }

    private static KeyScheme SchemeOf(string? name, bool pyTorch)
    {
        KeyScheme scheme = name is null
            ? KeySchemes.Official
            : KeySchemes.All.FirstOrDefault(one => one.Name == name)
                ?? throw new UsageException(
                    $"There is no key scheme '{name}'. There are {string.Join(", ", KeySchemes.All.Select(one => one.Name))}.");
        return pyTorch || scheme == KeySchemes.Official
            ? scheme
            : throw new UsageException($"--scheme {name} is for files of PyTorch: checkpoints of Fovea have the official names.");
    }

    /// <summary>Reads the names of classes; names that stand more than once, such as ImageNet's two cranes, are told apart.</summary>
    private static IReadOnlyList<string> ReadLabels(VerbContext context, string path)
    {
        string[] labels = [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        IReadOnlyList<string> repeated = ClassNames.Duplicates(labels);
        if (repeated.Count > 0)
        {
            DatasetNotes.Show(
                context, [$"{path} has {string.Join(", ", repeated)} more than once: told apart by the classes' numbers, from 0."]);
        }

        return ClassNames.Distinct(labels);
    }

    private static void Show(VerbContext context, CheckpointImport import, string output)
    {
        long bytes = new FileInfo(output).Length;
        context.Output.WriteLine(
            $"{import.Info.Name} for {import.Info.Classes.Count} classes, {import.Network.Height}x{import.Network.Width}, from names of "
                + $"{import.Match.Scheme.Description}");
        if (import.Match.Resized.Count > 0)
        {
            context.Output.WriteLine($"resized   {Names([.. import.Match.Resized.Select(table => table.Name)])}");
        }

        if (import.Match.Reinitialized.Count > 0)
        {
            context.Output.WriteLine($"fresh     {Names(import.Match.Reinitialized)}: to be trained");
        }

        if (import.Match.IgnoredKeys.Count > 0)
        {
            context.Output.WriteLine($"left out  {Names(import.Match.IgnoredKeys)}: nothing is lost");
        }

        context.Output.WriteLine($"wrote     {output}, {Numbers.Bytes(bytes)}");
        context.Result["model"] = import.Info.Name;
        context.Result["classes"] = import.Info.Classes.Count;
        context.Result["input"] = new JsonArray(import.Network.Height, import.Network.Width);
        context.Result["weights"] = import.Match.Weights.KeyPath;
        context.Result["scheme"] = import.Match.Scheme.Name;
        context.Result["resized"] = new JsonArray([.. import.Match.Resized.Select(table => (JsonNode)table.Name)]);
        context.Result["fresh"] = new JsonArray([.. import.Match.Reinitialized.Select(name => (JsonNode)name)]);
        context.Result["out"] = output;
        context.Result["bytes"] = bytes;
    }

    private static string Names(IReadOnlyList<string> names) =>
        names.Count <= 4 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))}, … ({names.Count} in all)";

    private CheckpointImport Import(VerbContext context)
    {
        string? model = context.Value(_model);
        if (model is not null)
        {
            ModelChoice.CheckName(model);
        }

        int? classes = context.Value(_classes);
        if (classes < 1)
        {
            throw new UsageException($"--classes {classes} is too few: a model tells at least one class apart.");
        }

        (int Height, int Width)? size = context.Value(_size) is string text ? ModelChoice.ParseSize(text) : null;
        if (context.Value(_normEpsilon) is float epsilon and not (>= 0 and < 1))
        {
            throw new UsageException($"--norm-epsilon {epsilon} does not fit: give a small number, such as 1e-5, or 0.");
        }

        ImportOptions options = new(
            model, context.Value(_weights), classes, context.Value(_labels) is string labels ? ReadLabels(context, labels) : null, size)
        {
            NormEpsilon = context.Value(_normEpsilon),
        };
        try
        {
            string path = ShippedNetworks.Resolve(context.Value(_checkpoint));
            return ModelChoice.Fit(model ?? "--size", () => CheckpointImport.Open(path, options));
        }
        catch (LabelCountException error)
        {
            throw new UsageException($"--labels: {RemedyText.Of(error)}");
        }
    }
}
