using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Explanations;
using Fovea.Models;

namespace Fovea.Cli.Verbs;

/// <summary>
/// <c>fovea explain CHECKPOINT IMAGE...</c>: maps over images that explain what a network answers, be it a class, a detection or the class
/// of pixels.
/// </summary>
internal sealed class ExplainVerb : Verb
{
    private readonly Argument<string> _checkpoint;
    private readonly Argument<string[]> _images;
    private readonly Option<string[]> _methods;
    private readonly Option<string[]> _classes;
    private readonly Option<int?> _detection;
    private readonly Option<string> _layer;
    private readonly Option<string> _at;
    private readonly Option<int?> _head;
    private readonly Option<bool> _gradientWeighted;
    private readonly Option<int> _steps;
    private readonly Option<int?> _window;
    private readonly Option<int?> _stride;
    private readonly Option<string> _size;
    private readonly Option<string> _out;
    private readonly Option<string> _evaluate;
    private readonly Option<int> _count;
    private readonly Option<int?> _maxBad;

    /// <summary>Declares the verb.</summary>
    public ExplainVerb()
        : base(
            "explain",
            "Show where a network looks: maps of attention, of class activation and others over images. Classifiers, detections and the "
                + "regions of segmentations are explained. Without an image, list the layers and methods to choose from. Ends with 3 when "
                + "an image cannot be read; the others are answered.",
            "fovea explain cifar10/cmt_nano ship.jpg --out maps",
            "fovea explain runs/first/best.safetensors photos/ --method attention --at 120,80 --json",
            "fovea explain runs/first/best.safetensors cat.jpg --class cat --class dog --method grad-cam++ --out maps",
            "fovea explain bccd/retinanet_resnet_nano blood.jpg --detection 2 --out maps",
            "fovea explain runs/street/best.safetensors street.png --class road --at 120,80 --out maps",
            "fovea explain runs/first/best.safetensors",
            "fovea explain cifar10/cmt_nano --evaluate images/ --method grad-cam --method layer-cam --out curves")
    {
        ExplanationOptions usual = new();
        _checkpoint = AddArgument<string>(
            "CHECKPOINT", "A safetensors file of a run, a published checkpoint (.pth, .safetensors), or the name of a network that ships.");
        _images = AddArgument<string[]>("IMAGE", "Image files, folders of them, or patterns such as 'photos/*.jpg'.");
        _images.Arity = ArgumentArity.ZeroOrMore;
        _methods = AddOption<string[]>(
            "--method",
            $"{string.Join(", ", ExplanationMethods.Names)}; give it several times for several maps. Where left out, attention where a "
                + "class token pools the map, layer-cam for detectors and segmentations, else grad-cam; with --evaluate, all that apply.");
        _classes = AddOption<string[]>(
            "--class",
            "Class to explain, by name or index; give it several times for several maps. Where left out, the predicted class: of the "
                + "image, of the detection, of the pixel --at, or of most pixels.");
        _detection = AddOption<int?>(
            "--detection", "Detection to explain, counted from 0 as 'fovea detect' lists them; the surest where left out (detectors).");
        _layer = AddOption<string>("--layer", "Layer to explain; where left out, the last that has what the method needs.");
        _at = AddOption<string>(
            "--at", "Point X,Y of the image, in pixels, whose attention is shown (attention), or whose class (segmentations).");
        _head = AddOption<int?>("--head", "Head of the attention, counted from 0; the mean of all where left out.");
        _gradientWeighted = AddOption<bool>("--gradient-weighted", "Weight attention by the class's gradients (rollout).");
        _steps = AddOption("--steps", "Steps from the blank image to the image (integrated-gradients).", usual.Steps);
        _window = AddOption<int?>("--window", "Side in pixels of the blank window, at the network's input size (occlusion).");
        _stride = AddOption<int?>("--stride", "Pixels between windows, at the network's input size (occlusion).");
        _size = AddInputSize();
        _out = AddOption<string>("--out", "Draw the maps over the images in this folder, with a page to look at attention by itself.");
        _evaluate = AddOption<string>(
            "--evaluate", "Measure on this data set how faithful maps are, in place of images: deletion and insertion curves, sparsity.");
        _count = AddOption(
            "--images", "Images of the set that are measured, spread evenly (--evaluate).", new FaithfulnessOptions().Images);
        _maxBad = AddOption<int?>(
            "--max-bad",
            "Images that are left out because they cannot be read, at most (--evaluate). [default: one in a hundred, at least one]");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        ExplanationOptions[] options = Options(context);
        using Explainer explainer = ModelChoice.LoadExplainer(context.Value(_checkpoint), context.Value(_size));
        Array.ForEach(options, one => Check(explainer, one));
        if (context.Value(_evaluate) is string data)
        {
            Evaluate(context, explainer, data, options, cancellation);
            return Task.FromResult(ExitCodes.Success);
        }

        string[] paths = [.. ImageArguments.Expand(context.Value(_images))];
        if (paths.Length == 0)
        {
            Describe(context, explainer);
            return Task.FromResult(ExitCodes.Success);
        }

        ExplanationPictures? pictures = context.Value(_out) is string folder
            ? new ExplanationPictures(folder, explainer, context.Value(_layer))
            : null;
        ExplanationTable table = new(explainer.Task);
        EachImage images = new(context, paths);
        images.Run(
            "explaining",
            (path, image) =>
            {
                Explanation[] explanations = [.. options.SelectMany(one => explainer.Explain(image, one, cancellation))];
                pictures?.Save(path, image, explanations, cancellation);
                Array.ForEach(explanations, one => table.Add(path, one));
            },
            cancellation);
        if (images.Answered > 0)
        {
            context.Write(table.Table);
        }

        context.Result["explanations"] = table.Json;
        if (pictures is not null && images.Answered > 0)
        {
            pictures.WritePage($"{explainer.Info.Name} explained");
            context.Output.WriteLine();
            context.Output.WriteLine(
                $"{images.Answered} {(images.Answered == 1 ? "image" : "images")} drawn in {context.Value(_out)}; open "
                    + $"{ExplanationPictures.Page} there in a browser");
            context.Result["out"] = context.Value(_out);
        }

        return Task.FromResult(images.Finish());
    }

    private void Evaluate(
        VerbContext context, Explainer explainer, string data, ExplanationOptions[] options, CancellationToken cancellation)
    {
        if (explainer.Task != VisionTask.Classification)
        {
            throw new UsageException($"--evaluate measures classifiers, and {explainer.Info.Name} is none: leave it out.");
        }

        if (context.Value(_images) is { Length: > 0 } || context.IsGiven(_classes) || context.IsGiven(_at))
        {
            throw new UsageException(
                "--evaluate takes images and their most probable classes from the data set: leave out IMAGE, --class and --at.");
        }

        if (context.Value(_maxBad) is int most and < 0)
        {
            throw new UsageException($"--max-bad {most} must be at least 0.");
        }

        int count = context.Value(_count);
        if (count < 1)
        {
            throw new UsageException($"--images {count} is too small: at least one is measured.");
        }

        FaithfulnessOptions measured = new()
        {
            Methods = context.IsGiven(_methods)
                ? options
                : [.. explainer.Methods.Select(method => options[0] with { Method = method }).Where(Applies)],
            Images = count,
            MaxUnreadable = context.Value(_maxBad),
        };
        FaithfulnessTable.Show(context, explainer, data, measured, context.Value(_out), cancellation);

        // A layer or a head that was asked for is no matter of all methods.
        bool Applies(ExplanationOptions one)
        {
            try
            {
                explainer.Check(one);
                return true;
            }
            catch (ExplanationException)
            {
                return false;
            }
        }
    }

    /// <summary>Checks the options that no image changes, before any is read.</summary>
    private static void Check(Explainer explainer, ExplanationOptions options)
    {
        try
        {
            explainer.Check(options);
        }
        catch (ExplanationException error)
        {
            throw new UsageException(RemedyText.Of(error));
        }
    }

    private static void Describe(VerbContext context, Explainer explainer)
    {
        Table table = new("layer", "grid", "heads", "attended from");
        JsonArray layers = [];
        foreach (ExplainableLayer layer in explainer.Layers)
        {
            string from = layer.Tokens?.Queries switch
            {
                null => "",
                { Height: 0, ClassTokens: 1 } => "class token",
                { Height: 0 } tokens => $"{tokens.ClassTokens} class tokens",
                { ClassTokens: 0 } grid => $"{grid.Height}x{grid.Width} points",
                { } grid => $"class token, {grid.Height}x{grid.Width} points",
            };
            table.Add(layer.Name, $"{layer.Height}x{layer.Width}", layer.IsAttention ? $"{layer.Heads}" : "", from);
            layers.Add((JsonNode)new JsonObject
            {
                ["layer"] = layer.Name,
                ["height"] = layer.Height,
                ["width"] = layer.Width,
                ["heads"] = layer.Heads,
            });
        }

        context.Write(table);
        context.Output.WriteLine();
        context.Output.WriteLine($"methods: {string.Join(", ", explainer.Methods.Select(method => method.Name()))}");
        context.Output.WriteLine($"usual:   {explainer.DefaultMethod.Name()}");
        context.Result["layers"] = layers;
        context.Result["methods"] = new JsonArray([.. explainer.Methods.Select(method => (JsonNode)method.Name())]);
        context.Result["method"] = explainer.DefaultMethod.Name();
    }

    /// <summary>Options for each method, or for the usual one where none is given.</summary>
    private ExplanationOptions[] Options(VerbContext context) => context.Value(_methods) is { Length: > 0 } names
        ? [.. names.Select(name => Options(context, ExplanationMethods.Find(name) ?? throw new UsageException(
            $"--method {name}: choose one of {string.Join(", ", ExplanationMethods.Names)}.")))]
        : [Options(context, null)];

    private ExplanationOptions Options(VerbContext context, ExplanationMethod? method) => new()
    {
        Method = method,
        Classes = context.Value(_classes) ?? [],
        Detection = context.Value(_detection),
        Layer = context.Value(_layer),
        Head = context.Value(_head),
        At = context.Value(_at) is string at ? ParsePoint(at) : null,
        GradientWeighted = context.Value(_gradientWeighted),
        Steps = context.Value(_steps),
        Window = context.Value(_window),
        Stride = context.Value(_stride),
    };

    private static ImagePoint ParsePoint(string text) =>
        text.Split(',') is [string x, string y]
        && double.TryParse(x, NumberStyles.Float, CultureInfo.InvariantCulture, out double across)
        && double.TryParse(y, NumberStyles.Float, CultureInfo.InvariantCulture, out double down)
        && double.IsFinite(across) && double.IsFinite(down)
            ? new ImagePoint(across, down)
            : throw new UsageException($"--at {text} is no point: give its column and row in pixels, such as 120,80.");
}
