using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
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
            "Say what images (PNG, JPEG) show.",
            "fovea predict runs/first/best.safetensors cat.jpg dog.png",
            "fovea predict runs/first/best.safetensors cat.jpg --top 1 --json")
    {
        _checkpoint = AddArgument<string>("CHECKPOINT", "A safetensors file of a run.");
        _images = AddArgument<string[]>("IMAGE", "Image files.");
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
        JsonArray answers = [];
        foreach (string path in context.Value(_images))
        {
            cancellation.ThrowIfCancellationRequested();
            List<string> row = [path];
            JsonArray classes = [];
            foreach (Prediction prediction in classifier.Predict(ImageFile.Read(path), top, cancellation))
            {
                row.Add(prediction.Class);
                row.Add(Numbers.Percent(prediction.Probability));
                classes.Add((JsonNode)new JsonObject { ["class"] = prediction.Class, ["probability"] = prediction.Probability });
            }

            table.Add([.. row]);
            answers.Add((JsonNode)new JsonObject { ["image"] = path, ["classes"] = classes });
        }

        context.Write(table);
        context.Result["predictions"] = answers;
        return Task.FromResult(ExitCodes.Success);
    }
}
