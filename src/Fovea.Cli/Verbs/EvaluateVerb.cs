using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea evaluate CHECKPOINT DATA</c>: how often a checkpoint is right.</summary>
internal sealed class EvaluateVerb : Verb
{
    private readonly Argument<string> _checkpoint;
    private readonly Argument<string> _data;
    private readonly Option<int> _batch;
    private readonly Option<string> _size;

    /// <summary>Declares the verb.</summary>
    public EvaluateVerb()
        : base(
            "evaluate",
            "Evaluate a checkpoint on a data set (its test part, where it has one).",
            "fovea evaluate runs/first/best.safetensors images/",
            "fovea evaluate runs/first/best.safetensors images/ --batch 16 --json")
    {
        _checkpoint = AddArgument<string>("CHECKPOINT", "A safetensors file of a run, or a published checkpoint.");
        _data = AddArgument<string>("DATA", "A data set of the same classes.");
        _batch = AddOption("--batch", "Images in a batch.", 64);
        _size = AddInputSize();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        int batch = context.Value(_batch);
        if (batch < 1)
        {
            throw new UsageException($"--batch {batch} is too small: a batch has at least one image.");
        }

        using Classifier classifier = ModelChoice.Load(context.Value(_checkpoint), context.Value(_size), batch);
        string path = context.Value(_data);
        IImageDataset images = Datasets.OpenTest(path) ?? Datasets.Open(path);
        Evaluation evaluation;
        using (ProgressBar bar = context.Progress("evaluating", images.Count))
        {
            evaluation = classifier.Evaluate(images, progress: new BarProgress(bar), cancellation: cancellation);
            bar.Finish(("top-1", Numbers.Percent(evaluation.Top1, 2)));
        }

        Show(context, evaluation, images);
        return Task.FromResult(ExitCodes.Success);
    }

    private static void Show(VerbContext context, Evaluation evaluation, IImageDataset images)
    {
        ConfusionMatrix confusion = evaluation.Confusion;
        Table table = new("class", "images", "precision", "recall");
        JsonArray classes = [];
        for (int i = 0; i < confusion.Classes.Count; i++)
        {
            table.Add(
                confusion.Classes[i],
                Numbers.Whole(confusion.Support(i)),
                Numbers.Share(confusion.Precision(i)),
                Numbers.Share(confusion.Recall(i)));
            classes.Add((JsonNode)new JsonObject
            {
                ["class"] = confusion.Classes[i],
                ["images"] = confusion.Support(i),
                ["precision"] = confusion.Precision(i),
                ["recall"] = confusion.Recall(i),
            });
        }

        context.Output.WriteLine(
            $"top-1 {Numbers.Percent(evaluation.Top1, 2)}, top-5 {Numbers.Percent(evaluation.Top5, 2)}, loss "
                + $"{Numbers.Fixed(evaluation.Loss)} on {Numbers.Whole(images.Count)} images");
        context.Output.WriteLine();
        context.Write(table);
        context.Result["top1"] = evaluation.Top1;
        context.Result["top5"] = evaluation.Top5;
        context.Result["loss"] = evaluation.Loss;
        context.Result["images"] = images.Count;
        context.Result["classes"] = classes;
    }

    private sealed class BarProgress(ProgressBar bar) : IProgress<int>
    {
        public void Report(int value) => bar.Report(value);
    }
}
