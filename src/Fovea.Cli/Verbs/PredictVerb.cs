using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Tasks;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea predict CHECKPOINT PICTURE...</c>: the most probable classes of pictures.</summary>
internal sealed class PredictVerb : Verb
{
    private readonly Argument<string> _checkpoint;
    private readonly Argument<string[]> _pictures;
    private readonly Option<int> _top;
    private readonly Option<string> _size;

    /// <summary>Declares the verb.</summary>
    public PredictVerb()
        : base(
            "predict",
            "Say what pictures (PNG, JPEG) show.",
            "fovea predict runs/first/best.safetensors cat.jpg dog.png",
            "fovea predict runs/first/best.safetensors cat.jpg --top 1 --json")
    {
        _checkpoint = AddArgument<string>("CHECKPOINT", "A safetensors file of a run.");
        _pictures = AddArgument<string[]>("PICTURE", "Picture files.");
        _pictures.Arity = ArgumentArity.OneOrMore;
        _top = AddOption("--top", "How many classes to show for each picture.", 3);
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
        Table table = new(["picture", .. Enumerable.Range(1, Math.Min(top, classifier.Info.Classes.Count)).SelectMany(i => new[] { i == 1 ? "class" : $"class {i}", "probability" })]);
        JsonArray answers = [];
        foreach (string path in context.Value(_pictures))
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<Prediction> predictions = classifier.Predict(PictureFile.Read(path), top, cancellation);
            table.Add([path, .. predictions.SelectMany(prediction => new[] { prediction.Class, Numbers.Percent(prediction.Probability) })]);
            answers.Add(new JsonObject
            {
                ["picture"] = path,
                ["classes"] = new JsonArray([.. predictions.Select(prediction => new JsonObject { ["class"] = prediction.Class, ["probability"] = prediction.Probability })]),
            });
        }

        context.Write(table);
        context.Result["predictions"] = answers;
        return Task.FromResult(ExitCodes.Success);
    }
}
