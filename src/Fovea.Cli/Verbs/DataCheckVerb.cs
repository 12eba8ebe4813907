using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Cli.Terminal;
using Fovea.Data;
using Fovea.Formats;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea data check DATA</c>: figures of a data set, and what is wrong with it.</summary>
internal sealed class DataCheckVerb : Verb
{
    private readonly Argument<string> _data;
    private readonly Option<string> _out;
    private readonly LabelOptions _labels;

    /// <summary>Declares the verb.</summary>
    public DataCheckVerb()
        : base(
            "check",
            "Read every image and annotation of a data set and tell what is wrong, the sizes of the images, and objects or pixels of each "
                + "class.",
            "fovea data check bccd.tar.gz",
            "fovea data check coco --out sheet.png",
            "fovea data check streets.tar.gz --reduce-zero-label --out sheet.png",
            "fovea data check flowers --json")
    {
        _data = AddArgument<string>(
            "DATA", "The data set: a folder, .tar, .tar.gz or .zip of images, with annotations or in class folders.");
        _out = AddOption<string>(
            "--out", "A PNG image to write: a sheet of images with their boxes and masks, or the classes of their pixels.");
        _labels = AddLabels();
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string path = context.Value(_data);
        string? sheet = context.Value(_out);
        if (sheet is not null && !Path.GetExtension(sheet).Equals(".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"--out {sheet} is no name of a PNG image: let it end in .png.");
        }

        using InstanceParts? instances = InstanceDatasets.FindParts(path);
        using SegmentationParts? labelled = instances is null
            ? SegmentationDatasets.FindParts(path, new SegmentationDatasetOptions { Labels = _labels.Of(context) })
            : null;
        using DatasetParts? classes = instances is null && labelled is null ? Datasets.OpenParts(path) : null;
        if (labelled is null && _labels.AreGiven(context))
        {
            throw new UsageException($"--ignored and --reduce-zero-label belong to sets with label maps; {path} has none.");
        }

        IDataset[] parts =
        [
            .. instances?.Named.Select(part => part.Images) ?? [],
            .. labelled?.Named.Select(part => part.Images) ?? [],
            .. classes?.Named.Select(part => part.Images) ?? [],
        ];
        DatasetCheck check;
        using (ProgressBar progress = context.Progress("check", parts.Sum(part => part.Count)))
        {
            Lock gate = new();
            Action<int> report = done =>
            {
                lock (gate)
                {
                    progress.Report(done);
                }
            };
            check = instances is not null ? DatasetCheck.Of(instances, report, cancellation)
                : labelled is not null ? DatasetCheck.Of(labelled, report, cancellation)
                : DatasetCheck.Of(classes!, report, cancellation);
        }

        Show(context, path, check);
        DatasetNotes.Show(context, classes?.Notes ?? []);

        Fill(context.Result, path, check);
        if (sheet is not null)
        {
            byte[] png = PngEncoder.Encode(DataSheet.Draw(parts));
            AtomicFile.Write(sheet, stream => stream.Write(png), cancellation);
            context.Output.WriteLine($"The sheet is {sheet}.");
            context.Result["sheet"] = sheet;
        }

        return Task.FromResult(ExitCodes.Success);
    }

    private static void Show(VerbContext context, string path, DatasetCheck check)
    {
        context.Output.WriteLine($"{path}: {FormOf(check)}");
        foreach (PartCheck part in check.Parts)
        {
            context.Output.WriteLine();
            string empty = part.EmptyImages > 0 ? $", {Numbers.Whole(part.EmptyImages)} of them without objects" : "";
            context.Output.WriteLine($"{part.Name}: {Numbers.Whole(part.Images)} images{empty}{SizesOf(part)}");
            context.Write(TableOf(check, part));
            if (part.IgnoredPixels > 0)
            {
                double all = part.IgnoredPixels + part.Classes.Sum(one => one.Pixels);
                context.Output.WriteLine($"{Numbers.Percent(part.IgnoredPixels / all)} of the pixels are left out.");
            }

            if (part.Crowds > 0)
            {
                context.Output.WriteLine($"{Numbers.Whole(part.Crowds)} of the objects are crowds or difficult ones.");
            }
        }

        context.Output.WriteLine();
        foreach (DataProblem problem in check.Problems)
        {
            context.Output.WriteLine($"- {problem.Text}");
        }

        if (check.Problems.Count == 0)
        {
            context.Output.WriteLine("Nothing is wrong with it.");
        }
    }

    private static Table TableOf(DatasetCheck check, PartCheck part)
    {
        Table table = check.HasLabelMaps ? new("class", "images", "pixels", "share")
            : check.Form is not null ? new("class", "images", "objects", "small", "medium", "large")
            : new("class", "images");
        double pixels = part.Classes.Sum(one => one.Pixels);
        foreach (ClassCount one in part.Classes)
        {
            string[] cells = [one.Name, Numbers.Whole(one.Images)];
            string[] further = check.HasLabelMaps ? [Numbers.Whole(one.Pixels), Numbers.Share(one.Pixels / pixels)]
                : check.Form is not null
                    ? [.. new[] { one.Objects, one.Small, one.Medium, one.Large }.Select(count => Numbers.Whole(count))]
                : [];
            table.Add([.. cells, .. further]);
        }

        return table;
    }

    private static string FormOf(DatasetCheck check) => check.Form switch
    {
        AnnotationForm.Coco => "objects in COCO's form",
        AnnotationForm.Voc => "objects in Pascal VOC's form",
        AnnotationForm.Yolo => "objects in YOLO's form",
        _ => check.HasLabelMaps ? "one class for each pixel" : "one class for each image",
    };

    private static string SizesOf(PartCheck part) => part.Sizes switch
    {
        [ImageSize smallest, ImageSize median, ImageSize largest] => smallest == largest
            ? $", {smallest.Width}x{smallest.Height} pixels"
            : $", {smallest.Width}x{smallest.Height} to {largest.Width}x{largest.Height} pixels, "
                + $"in the middle {median.Width}x{median.Height}",
        _ => "",
    };

    private static void Fill(JsonObject result, string path, DatasetCheck check)
    {
        result["path"] = path;
        result["form"] = check.Form?.ToString().ToLowerInvariant() ?? (check.HasLabelMaps ? "labels" : "classes");
        result["parts"] = new JsonArray([.. check.Parts.Select(part => Answer(check, part))]);
        result["problems"] = new JsonArray([.. check.Problems.Select(problem => (JsonNode)new JsonObject
        {
            ["kind"] = char.ToLowerInvariant(problem.Kind.ToString()[0]) + problem.Kind.ToString()[1..],
            ["count"] = problem.Count,
            ["places"] = new JsonArray([.. problem.Places.Select(place => (JsonNode)place)]),
            ["text"] = problem.Text,
        })]);
    }

    private static JsonObject Answer(DatasetCheck check, PartCheck part)
    {
        JsonObject answer = new()
        {
            ["name"] = part.Name,
            ["images"] = part.Images,
            ["sizes"] = new JsonArray([.. part.Sizes.Select(size => (JsonNode)new JsonArray(size.Width, size.Height))]),
        };
        if (check.Form is not null)
        {
            answer["emptyImages"] = part.EmptyImages;
            answer["objects"] = part.Classes.Sum(one => one.Objects);
            answer["crowds"] = part.Crowds;
        }

        if (check.HasLabelMaps)
        {
            answer["ignoredPixels"] = part.IgnoredPixels;
        }

        answer["classes"] = new JsonArray([.. part.Classes.Select(one => (JsonNode)Answer(check, one))]);
        return answer;
    }

    private static JsonObject Answer(DatasetCheck check, ClassCount one)
    {
        JsonObject answer = new() { ["name"] = one.Name, ["images"] = one.Images };
        if (check.HasLabelMaps)
        {
            answer["pixels"] = one.Pixels;
        }
        else if (check.Form is not null)
        {
            answer["objects"] = one.Objects;
            answer["small"] = one.Small;
            answer["medium"] = one.Medium;
            answer["large"] = one.Large;
        }

        return answer;
    }
}
