using System.CommandLine;
using System.Text.Json;
using Fovea.Cli.Terminal;
using Fovea.Tasks;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea predict CHECKPOINT IMAGE...</c>: the most probable classes of images.</summary>
internal sealed class PredictVerb : Verb
{
    private readonly Argument<string> _checkpoint;
    private readonly Argument<string[]> _images;
    private readonly Option<int> _top;
    private readonly Option<string> _size;

    /// <summary>Declares the verb.</summary>
    public PredictVerb()
        : base(
            "predict",
            "Say what images show. Ends with 3 when one of them cannot be read; the others are answered.",
            "fovea predict runs/first/best.safetensors cat.jpg dog.png",
            "fovea predict runs/first/best.safetensors photos/ --top 1 --json",
            "fovea predict cmt_small.pth cat.jpg",
            "fovea predict cifar10/cmt_nano cat.jpg")
    {
        _checkpoint = AddArgument<string>(
            "CHECKPOINT", "A safetensors file of a run, a published checkpoint (.pth, .safetensors), or the name of a network that ships.");
        _images = AddArgument<string[]>("IMAGE", "Image files, folders of them, or patterns such as 'photos/*.jpg'.");
        _images.Arity = ArgumentArity.OneOrMore;
        _top = AddOption("--top", "How many classes to show for each image.", 3);
        _size = AddInputSize();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        int top = context.Value(_top);
        if (top < 1)
        {
            throw new UsageException($"--top {top} is too small: at least one class is shown.");
        }

        using Classifier classifier = ModelChoice.Load(context.Value(_checkpoint), context.Value(_size));
        List<string> headings = ["image"];
        for (int i = 1; i <= Math.Min(top, classifier.Info.Classes.Count); i++)
        {
            headings.Add(i == 1 ? "class" : $"class {i}");
            headings.Add("probability");
        }

        Table table = new([.. headings]);
        List<ImageClasses> answers = [];
        EachImage images = new(context, [.. ImageArguments.Expand(context.Value(_images))]);
        images.Run(
            "predicting",
            (path, image) =>
            {
                IReadOnlyList<Prediction> predictions = classifier.Predict(image, top, cancellation);
                table.Add([path, .. predictions.SelectMany(one => new[] { one.Class, Numbers.Percent(one.Probability) })]);
                answers.Add(new ImageClasses(path, predictions));
            },
            cancellation);
        if (images.Answered > 0)
        {
            context.Write(table);
        }

        context.Result["predictions"] = JsonSerializer.SerializeToNode(answers, AnswerJson.Default.IReadOnlyListImageClasses);
        return Task.FromResult(images.Finish());
    }
}
