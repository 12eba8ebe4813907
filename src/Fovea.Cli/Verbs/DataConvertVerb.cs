using System.CommandLine;
using System.Text.Json.Nodes;
using Fovea.Data;
using Fovea.Formats;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea data convert DATA --to FORM --out FOLDER</c>: a set of images with objects in another form.</summary>
internal sealed class DataConvertVerb : Verb
{
    private readonly Argument<string> _data;
    private readonly Option<AnnotationForm?> _to;
    private readonly Option<string> _out;

    /// <summary>Declares the verb.</summary>
    public DataConvertVerb()
        : base(
            "convert",
            "Write a set of images with objects in another form; the images are copied as they are.",
            "fovea data convert VOC2012 --to coco --out voc-as-coco",
            "fovea data convert nuclei.tar.gz --to yolo --out nuclei-as-yolo")
    {
        _data = AddArgument<string>(
            "DATA", "The set: a folder, .tar, .tar.gz or .zip with annotations in COCO's, Pascal VOC's or YOLO's form.");
        _to = AddOption<AnnotationForm?>("--to", "The form to write: coco, voc or yolo.");
        _out = AddOption<string>("--out", "The folder to write, which must not be there yet.");
    }

    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string path = context.Value(_data);
        AnnotationForm form = context.Value(_to) ?? throw new UsageException("Give the form to write: --to coco, --to voc or --to yolo.");
        string folder = Path.TrimEndingDirectorySeparator(
            context.Value(_out) ?? throw new UsageException("Give the folder to write: --out FOLDER."));
        if (File.Exists(folder) || Directory.Exists(folder))
        {
            throw new UsageException($"--out {folder} is there already: choose another folder.");
        }

        using InstanceParts parts = InstanceDatasets.OpenParts(path);
        string full = Path.GetFullPath(folder);
        string aside = Path.Combine(Path.GetDirectoryName(full)!, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.partial");
        IReadOnlyList<string> lost;
        try
        {
            lost = InstanceConversion.Write(parts, form, aside, cancellation);
            Directory.Move(aside, full);
        }
        catch (Exception error)
        {
            if (Directory.Exists(aside))
            {
                Directory.Delete(aside, recursive: true);
            }

            if (error is IOException or UnauthorizedAccessException)
            {
                throw new UnwritableFileException(folder, error.Message, "Choose a folder on a disk with room.", error);
            }

            throw;
        }

        DatasetNotes.Show(context, [.. parts.Notes, .. lost]);
        int images = parts.Named.Sum(part => part.Images.Count);
        context.Output.WriteLine($"{folder} holds {images} images with their annotations.");
        context.Result["from"] = parts.Form.ToString().ToLowerInvariant();
        context.Result["to"] = form.ToString().ToLowerInvariant();
        context.Result["folder"] = folder;
        context.Result["images"] = images;
        context.Result["lost"] = new JsonArray([.. lost.Select(one => (JsonNode)one)]);
        return Task.FromResult(ExitCodes.Success);
    }
}
