using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Models;
using Fovea.Tasks;
using Fovea.Training;

namespace Fovea.Cli.Verbs;

/// <summary>
/// <c>fovea evaluate CHECKPOINT DATA</c>: how often a checkpoint is right; <c>fovea evaluate --results RESULTS --data ANNOTATIONS</c>: how
/// good the detections of any detector are.
/// </summary>
internal sealed class EvaluateVerb : Verb
{
    private readonly Argument<string?> _checkpoint;
    private readonly Argument<string?> _data;
    private readonly Option<int> _batch;
    private readonly Option<string> _size;
    private readonly Option<ClassChoice> _classes;
    private readonly Option<int?> _maxBad;
    private readonly Option<string> _results;
    private readonly Option<string> _annotations;
    private readonly LabelOptions _labels;

    /// <summary>Declares the verb.</summary>
    public EvaluateVerb()
        : base(
            "evaluate",
            "Evaluate a checkpoint on a data set: its test part, else its validation part, where it has them. Or any detector's results.",
            "fovea evaluate runs/first/best.safetensors images/",
            "fovea evaluate runs/first/best.safetensors images/ --batch 16 --json",
            "fovea evaluate imagenet.safetensors some-classes/ --classes common",
            "fovea evaluate --results results.json --data annotations.json")
    {
        _checkpoint = AddArgument<string?>("CHECKPOINT", "A safetensors file of a run, or a published checkpoint.");
        _checkpoint.Arity = ArgumentArity.ZeroOrOne;
        _data = AddArgument<string?>("DATA", "A data set of the same classes, in any order.");
        _data.Arity = ArgumentArity.ZeroOrOne;
        _batch = AddOption("--batch", "Images in a batch.", 64);
        _size = AddInputSize();
        _classes = AddOption(
            "--classes", "Same: the set must have the checkpoint's classes. Common: evaluate over those that both have.", ClassChoice.Same);
        _maxBad = AddOption<int?>(
            "--max-bad", "Images that are left out because they cannot be read, at most. [default: one in a hundred, at least one]");
        _results = AddOption<string>("--results", "Detections in COCO's form of results, in place of a checkpoint.");
        _annotations = AddOption<string>("--data", "With --results: COCO's file of annotations.");
        _labels = AddLabels();
    }

    /// <inheritdoc/>
    public override bool TakesRanks => true;

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        if (context.Value(_results) is string results)
        {
            DetectionScores.Judge(context, results, Annotations(context), cancellation);
            return Task.FromResult(ExitCodes.Success);
        }

        if (context.ValueOrNull(_checkpoint) is not string checkpoint || context.ValueOrNull(_data) is not string data)
        {
            throw new UsageException("Give a checkpoint and a data set, or detections by --results and --data.");
        }

        if (context.IsGiven(_annotations))
        {
            throw new UsageException("--data belongs to --results: the data set of a checkpoint stands behind it, without an option.");
        }

        int batch = context.Value(_batch);
        if (batch < 1)
        {
            throw new UsageException($"--batch {batch} is too small: a batch has at least one image.");
        }

        if (context.Value(_maxBad) is int most and < 0)
        {
            throw new UsageException($"--max-bad {most} must be at least 0.");
        }

        if (DenseChoice.TryLoad(ShippedNetworks.Resolve(checkpoint)) is Model dense)
        {
            using (dense)
            {
                EvaluateDense(context, dense, data, cancellation);
                return Task.FromResult(ExitCodes.Success);
            }
        }

        RefuseLabels(context, "a classifier");
        using Classifier classifier = ModelChoice.Load(checkpoint, context.Value(_size), batch);
        using DatasetParts parts = Datasets.OpenParts(data);
        IReadOnlyList<string> known = classifier.Info.Classes;
        bool common = context.Value(_classes) == ClassChoice.Common;
        IImageDataset images = common
            ? ClassCheck.Common(known, parts.Measured, "The data set", "the model")
            : parts.Measured;
        DatasetNotes.Show(context, parts.Notes);
        EvaluationOptions options = new()
        {
            CommonClasses = common,
            MaxUnreadable = context.Value(_maxBad),
            Ranks = context.Ranks,
        };
        Evaluation evaluation;
        using (ProgressBar bar = context.Progress("evaluating", images.Count))
        {
            evaluation = classifier.Evaluate(images, options, new BarProgress(bar), cancellation);
            bar.Finish(("top-1", Numbers.Percent(evaluation.Top1, 2)));
        }

        DatasetNotes.Show(context, evaluation.Unreadable);
        if (common)
        {
            ShowCommon(context, known.Count, parts.Measured, images);
        }

        Show(context, evaluation);
        return Task.FromResult(ExitCodes.Success);
    }

    private void EvaluateDense(VerbContext context, Model model, string data, CancellationToken cancellation)
    {
        bool isDetector = model.Network.Head is DetectorHead;
        foreach (Option option in new Option[] { _size, _classes })
        {
            if (context.IsGiven(option))
            {
                throw new UsageException(
                    $"{option.Name} belongs to the evaluation of classifiers: {model.Info.Name} is "
                    + $"{(isDetector ? "a detector" : "a segmentation")}.");
            }
        }

        if (isDetector)
        {
            RefuseLabels(context, "a detector");
            EvaluateDetector(context, model, data, cancellation);
        }
        else
        {
            EvaluateSegmenter(context, model, data, cancellation);
        }
    }

    private void RefuseLabels(VerbContext context, string model)
    {
        if (_labels.AreGiven(context))
        {
            throw new UsageException($"{_labels.Ignored.Name} and {_labels.ReduceZeroLabel.Name} belong to segmentations, not to {model}.");
        }
    }

    private void EvaluateDetector(VerbContext context, Model detector, string data, CancellationToken cancellation)
    {
        using InstanceParts parts = InstanceDatasets.OpenParts(data, new InstanceDatasetOptions { Classes = detector.Info.Classes });
        DatasetNotes.Show(context, parts.Notes);
        UnreadableImages unreadable = CountUnreadable(context, parts.Measured);
        using DetectionEvaluator evaluator = new(parts.Measured, unreadable: unreadable, ranks: context.Ranks);
        DetectionEvaluation evaluation;
        using (ProgressBar bar = context.Progress("evaluating", parts.Measured.Count))
        {
            evaluation = evaluator.Evaluate(detector, new BarProgress(bar), cancellation);
            bar.Finish(("AP", Numbers.Fixed(evaluation.Score)));
        }

        DatasetNotes.Show(context, unreadable.Images);
        context.Result["images"] = evaluation.Images;
        DetectionScores.Show(context, evaluation.Classes, evaluation.Boxes, evaluation.Masks);
    }

    private void EvaluateSegmenter(VerbContext context, Model segmenter, string data, CancellationToken cancellation)
    {
        using SegmentationParts parts = SegmentationDatasets.OpenParts(
            data, new SegmentationDatasetOptions { Classes = segmenter.Info.Classes, Labels = _labels.Of(context, segmenter.Info.Labels) });
        DatasetNotes.Show(context, parts.Notes);
        UnreadableImages unreadable = CountUnreadable(context, parts.Measured);
        using SegmentationEvaluator evaluator = new(parts.Measured, unreadable: unreadable, ranks: context.Ranks);
        SegmentationEvaluation evaluation;
        using (ProgressBar bar = context.Progress("evaluating", parts.Measured.Count))
        {
            evaluation = evaluator.Evaluate(segmenter, new BarProgress(bar), cancellation);
            bar.Finish(("mIoU", Numbers.Percent(evaluation.Score, 2)));
        }

        DatasetNotes.Show(context, unreadable.Images);
        SegmentationScores.Show(context, evaluation);
    }

    private UnreadableImages CountUnreadable(VerbContext context, ISampleSource images) =>
        new(context.Value(_maxBad) ?? Math.Max(1, images.Count / 100));

    private string Annotations(VerbContext context)
    {
        if (context.ValueOrNull(_checkpoint) is not null)
        {
            throw new UsageException(
                "--results takes the place of a checkpoint and a data set: leave them out, and name the annotations by --data.");
        }

        foreach (Option option in new Option[] { _batch, _size, _classes, _maxBad, _labels.Ignored, _labels.ReduceZeroLabel })
        {
            if (context.IsGiven(option))
            {
                throw new UsageException($"{option.Name} belongs to the evaluation of a checkpoint: leave it out with --results.");
            }
        }

        return context.Value(_annotations)
            ?? throw new UsageException("--results says what was found; say what is there by --data ANNOTATIONS.json.");
    }

    private static void ShowCommon(VerbContext context, int known, IImageDataset whole, IImageDataset images)
    {
        context.Output.WriteLine(
            $"over the {images.Classes.Count} classes that both have, of the checkpoint's {known} and the set's {whole.Classes.Count}: "
            + $"{Numbers.Whole(images.Count)} of {Numbers.Whole(whole.Count)} images");
        context.Result["commonClasses"] = images.Classes.Count;
        context.Result["leftOut"] = whole.Count - images.Count;
    }

    private static void Show(VerbContext context, Evaluation evaluation)
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
                + $"{Numbers.Fixed(evaluation.Loss)} on {Numbers.Whole(confusion.Total)} images");
        context.Output.WriteLine();
        context.Write(table);
        context.Result["top1"] = evaluation.Top1;
        context.Result["top5"] = evaluation.Top5;
        context.Result["loss"] = evaluation.Loss;
        context.Result["images"] = confusion.Total;
        context.Result["classes"] = classes;
    }
}
