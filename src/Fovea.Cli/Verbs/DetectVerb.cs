using System.CommandLine;
using System.Text.Json;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Tasks;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea detect CHECKPOINT IMAGE...</c>: the objects in images.</summary>
internal sealed class DetectVerb : Verb
{
    private readonly Argument<string> _checkpoint;
    private readonly Argument<string[]> _images;
    private readonly Option<double> _threshold;
    private readonly Option<string> _out;

    /// <summary>Declares the verb.</summary>
    public DetectVerb()
        : base(
            "detect",
            "Find the objects in images: class, score, box, and mask where the model gives one. Ends with 3 when an image cannot be read; "
                + "the others are answered.",
            "fovea detect runs/cells/best.safetensors cells.jpg",
            "fovea detect runs/cells/best.safetensors slides/ --threshold 0.7 --out drawn",
            "fovea detect runs/cells/best.safetensors 'slides/*.png' --json")
    {
        _checkpoint = AddArgument<string>(
            "CHECKPOINT", "A safetensors file of a detector, a published checkpoint, or the name of a network that ships.");
        _images = AddArgument<string[]>("IMAGE", "Image files, folders of them, or patterns such as 'photos/*.jpg'.");
        _images.Arity = ArgumentArity.OneOrMore;
        _threshold = AddOption("--threshold", "Score that objects exceed, from 0 to 1.", 0.5);
        _out = AddOption<string>("--out", "Draw boxes, classes, scores and masks into images in this folder.");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        double threshold = context.Value(_threshold);
        if (threshold is not (>= 0 and < 1))
        {
            throw new UsageException($"--threshold {threshold} is no score: give a number from 0 up to 1.");
        }

        using Detector detector = ModelChoice.LoadDetector(context.Value(_checkpoint));
        string[] paths = [.. ImageArguments.Expand(context.Value(_images))];
        DrawnImages? drawn = context.Value(_out) is string folder ? new DrawnImages(folder, paths) : null;
        Table table = new("image", "class", "score", "box (x1, y1, x2, y2)");
        List<ImageDetections> answers = [];
        EachImage images = new(context, paths);
        images.Run(
            "detecting",
            (path, image) =>
            {
                IReadOnlyList<Tasks.Detection> found = detector.Detect(image, threshold, cancellation);
                if (drawn is not null)
                {
                    DrawnImages.Write(drawn.PathOf(path), PngEncoder.Encode(DetectedImages.Draw(image, found)), cancellation);
                }

                Add(table, path, found);
                answers.Add(new ImageDetections(path, image.Width, image.Height, found));
            },
            cancellation);
        if (images.Answered > 0)
        {
            context.Write(table);
        }

        context.Result["images"] = JsonSerializer.SerializeToNode(answers, AnswerJson.Default.IReadOnlyListImageDetections);
        if (drawn is not null)
        {
            context.Output.WriteLine();
            context.Output.WriteLine($"{images.Answered} {(images.Answered == 1 ? "image" : "images")} drawn in {context.Value(_out)}");
            context.Result["out"] = context.Value(_out);
        }

        return Task.FromResult(images.Finish());
    }

    private static void Add(Table table, string path, IReadOnlyList<Tasks.Detection> found)
    {
        if (found.Count == 0)
        {
            table.Add(path, "nothing", "", "");
        }

        foreach (Tasks.Detection one in found)
        {
            string box = string.Join(", ", Corners(one.Box).Select(place => Numbers.Fixed(place, 1)));
            table.Add(path, one.Class, Numbers.Fixed(one.Score, 3), box);
        }
    }

    private static float[] Corners(Box box) => [box.Left, box.Top, box.Right, box.Bottom];
}
