using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea segment CHECKPOINT IMAGE...</c>: the class of every pixel of images.</summary>
internal sealed class SegmentVerb : Verb
{
    private readonly Argument<string> _checkpoint;
    private readonly Argument<string[]> _images;
    private readonly Option<string> _out;
    private readonly Option<int?> _window;
    private readonly Option<int?> _stride;
    private readonly Option<bool> _flip;
    private readonly Option<string> _scales;

    /// <summary>Declares the verb.</summary>
    public SegmentVerb()
        : base(
            "segment",
            "Tell the class of every pixel: shares of the classes, and with --out maps of their indices and drawings with a legend. Ends "
                + "with 3 when an image cannot be read; the others are answered.",
            "fovea segment runs/street/best.safetensors street.jpg --out maps",
            "fovea segment runs/street/best.safetensors photos/ --out maps --flip --scales 0.75,1,1.25",
            "fovea segment runs/fields/best.safetensors aerial.png --out maps --window 512 --stride 341 --json")
    {
        _checkpoint = AddArgument<string>("CHECKPOINT", "A safetensors file of a segmentation network, or a published checkpoint.");
        _images = AddArgument<string[]>("IMAGE", "Image files, folders of them, or patterns such as 'photos/*.jpg'.");
        _images.Arity = ArgumentArity.OneOrMore;
        _out = AddOption<string>(
            "--out", "Folder for NAME.png, whose pixels are the indices of classes, and NAME-overlay.png, the image in their colours.");
        _window = AddOption<int?>(
            "--window",
            "Side in pixels of windows that slide over the resized image. [default: the whole image, as far as memory allows]");
        _stride = AddOption<int?>("--stride", "Pixels between neighbouring windows. [default: two thirds of --window]");
        _flip = AddOption<bool>("--flip", "Average the probabilities of the image and of its mirror image.");
        _scales = AddOption("--scales", "Factors of the image's size whose probabilities are averaged, such as 0.75,1,1.25.", "1");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        SegmentationInference inference = Inference(context);
        using Segmenter segmenter = ModelChoice.LoadSegmenter(context.Value(_checkpoint));
        string[] paths = [.. ImageArguments.Expand(context.Value(_images))];
        DrawnImages? folder = context.Value(_out) is string name ? new DrawnImages(name, paths) : null;
        SegmentedImages drawings = new(segmenter.Info);
        Table table = new("image", "class", "share");
        List<ImageSegments> answers = [];
        EachImage images = new(context, paths);
        images.Run(
            "segmenting",
            (path, image) =>
            {
                Segmentation found = segmenter.Segment(image, inference, cancellation);
                string? map = folder?.PathOf(path);
                if (map is not null)
                {
                    DrawnImages.Write(map, drawings.Encode(found), cancellation);
                    DrawnImages.Write(folder!.PathOf(path, "-overlay"), PngEncoder.Encode(drawings.Draw(image, found)), cancellation);
                }

                ImageSegments answer = ImageSegments.Of(path, found, map);
                answers.Add(answer);
                foreach (ImageSegment segment in answer.Classes)
                {
                    table.Add(path, segment.Class, Numbers.Percent(segment.Share));
                }
            },
            cancellation);
        if (images.Answered > 0)
        {
            context.Write(table);
        }

        context.Result["images"] = JsonSerializer.SerializeToNode(answers, AnswerJson.Default.IReadOnlyListImageSegments);
        if (folder is not null)
        {
            string count = images.Answered == 1 ? "1 map" : $"{images.Answered} maps";
            context.Output.WriteLine();
            context.Output.WriteLine($"{count} in {context.Value(_out)}, each with a drawing NAME-overlay.png");
            context.Result["out"] = context.Value(_out);
        }

        return Task.FromResult(images.Finish());
    }

    private SegmentationInference Inference(VerbContext context)
    {
        (int? window, int? stride) = (context.Value(_window), context.Value(_stride));
        if (window < 1)
        {
            throw new UsageException($"--window {window} is too small: give a side in pixels, such as the network's own.");
        }

        if (stride is not null && window is null)
        {
            throw new UsageException("--stride belongs to windows: give --window, too.");
        }

        if (stride < 1 || stride > window)
        {
            throw new UsageException($"--stride {stride} does not fit: give 1 to {window} pixels, so that windows leave no gaps.");
        }

        return new SegmentationInference
        {
            Window = window,
            Stride = stride,
            Flip = context.Value(_flip),
            Scales = Scales(context.Value(_scales)!),
            MostBytes = MachineMemory.Available() / 2,
        };
    }

    private static double[] Scales(string text)
    {
        const double most = 16;
        double[] scales =
        [
            .. text.Split(',').Select(part =>
                double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double scale) ? scale : 0),
        ];
        return Array.TrueForAll(scales, scale => scale is > 0 and <= most)
            ? scales
            : throw new UsageException($"--scales {text} is no list of factors: give numbers above 0, such as 0.75,1,1.25.");
    }
}
