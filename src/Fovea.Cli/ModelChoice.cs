using System.Globalization;
using Fovea.Checkpoints;
using Fovea.Engine.Graph;
using Fovea.Explanations;
using Fovea.Formats;
using Fovea.Models;
using Fovea.Tasks;

namespace Fovea.Cli;

/// <summary>Models and image sizes as people name them on the command line; what does not fit is wrong usage.</summary>
internal static class ModelChoice
{
    private const long LargeFile = 1 << 30;

    /// <summary>Makes a registered model, or the one that a checkpoint is for.</summary>
    /// <param name="name">The model's name, a checkpoint, or the name of a network that ships.</param>
    /// <param name="options">What is different from the variant.</param>
    /// <exception cref="UsageException">There is no such model, or it cannot take images of the size.</exception>
    public static Network Create(string name, ModelOptions options)
    {
        if (File.Exists(name) || ShippedNetworks.Names.Contains(name))
        {
            return CreateFor(ShippedNetworks.Resolve(name), name, options);
        }

        CheckName(name);
        if (options.Classes < 1)
        {
            throw new UsageException($"--classes {options.Classes} is too few: a model tells at least one class apart.");
        }

        return Fit(name, () => ModelRegistry.Create(name, options));
    }

    private static Network CreateFor(string path, string name, ModelOptions options)
    {
        (int, int)? size = options.Height is int height && options.Width is int width ? (height, width) : null;
        using CheckpointFile file = CheckpointFile.Open(path);
        return Fit(name, () => new CheckpointDiagnosis(file, options: new MatchOptions(options.Classes, size)).Match)?.Outline.Network
            ?? throw new UsageException($"{name} fits no model; 'fovea doctor {name}' says what it holds.");
    }

    /// <summary>Checks a model's name.</summary>
    /// <exception cref="UsageException">There is no such model; the message names those that are alike.</exception>
    public static void CheckName(string name)
    {
        string backbone = ModelRegistry.BackboneOf(name);
        if (!ModelRegistry.Contains(name) || ModelRegistry.Resolve(backbone) != backbone)
        {
            throw new UsageException(
                $"There is no model '{name}'. The nearest names are {string.Join(", ", ModelRegistry.Nearest(name))}; 'fovea models' "
                    + "lists all.");
        }
    }

    /// <summary>Loads a checkpoint for use.</summary>
    /// <param name="checkpoint">The file, or the name of a network that ships.</param>
    /// <param name="size">The network's input size as given on the command line, or null for the checkpoint's own.</param>
    /// <param name="batch">Images in a batch.</param>
    /// <exception cref="UsageException">The model does not take images of the size, or there is too little memory.</exception>
    public static Classifier Load(string checkpoint, string? size, int batch = 1)
    {
        string path = ShippedNetworks.Resolve(checkpoint);

        // A usual image through a usual file needs no plan ahead, which would cost a cold start.
        if (size is not null || batch > 1 || new FileInfo(path) is { Exists: true, Length: > LargeFile })
        {
            RequireMemory(path, size, batch);
        }

        return Explained(() => size is null
            ? Classifier.Load(path, batch)
            : Fit($"--size {size}", () => Classifier.Load(path, batch, size: ParseSize(size))));
    }

    /// <summary>Loads a checkpoint of a detector for use.</summary>
    /// <param name="checkpoint">The file, or the name of a network that ships.</param>
    public static Detector LoadDetector(string checkpoint)
    {
        string path = ShippedNetworks.Resolve(checkpoint);
        return Explained(() => Detector.Load(path));
    }

    /// <summary>Loads a checkpoint whose answers are to be explained.</summary>
    /// <param name="checkpoint">The file, or the name of a network that ships.</param>
    /// <param name="size">The network's input size as given on the command line, or null for the checkpoint's own.</param>
    /// <exception cref="UsageException">The model does not take images of the size.</exception>
    public static Explainer LoadExplainer(string checkpoint, string? size)
    {
        string path = ShippedNetworks.Resolve(checkpoint);
        return Explained(() => size is null
            ? Explainer.Load(path)
            : Fit($"--size {size}", () => Explainer.Load(path, ParseSize(size))));
    }

    /// <summary>Loads a checkpoint of a segmentation network for use.</summary>
    /// <param name="checkpoint">The file, or the name of a network that ships.</param>
    public static Segmenter LoadSegmenter(string checkpoint)
    {
        string path = ShippedNetworks.Resolve(checkpoint);
        return Explained(() => Segmenter.Load(path));
    }

    /// <summary>Loads a file; where options of another verb would help, the error says of which.</summary>
    private static T Explained<T>(Func<T> load)
    {
        try
        {
            return load();
        }
        catch (InvalidFileException error) when (error.Remedies.Any(IsOptionOfConvert))
        {
            Remedy convert = new Remedy.Advice("These are options of 'fovea convert', which writes a file that opens by itself.");
            throw new InvalidFileException(error.Path, error.Problem, [.. error.Remedies, convert], error);
        }
    }

    private static bool IsOptionOfConvert(Remedy remedy) =>
        remedy is Remedy.ChooseModel { Candidates.Count: > 0 } or Remedy.ChooseWeights or Remedy.SetClasses;

    private static void RequireMemory(string path, string? size, int batch)
    {
        MatchOptions options = new(Size: size is null ? null : ParseSize(size));
        using CheckpointFile file = CheckpointFile.Open(path);
        if (Fit($"--size {size}", () => new CheckpointDiagnosis(file, options: options).Match) is { } match)
        {
            Network network = match.Outline.Network;
            MemoryCheck.Require(
                $"{match.Model} at {network.Height}x{network.Width}",
                batch == 1 ? null : "--batch",
                batch,
                images => new NetworkSummary(network, images).InferenceBytes);
        }
    }

    /// <summary>Makes something of a model and takes a size that does not fit for wrong usage.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="make">What may throw a <see cref="ShapeException"/>.</param>
    /// <exception cref="UsageException">The size does not fit; the message is the model's.</exception>
    public static T Fit<T>(string name, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ShapeException error)
        {
            throw new UsageException($"{name}: {error.Message}.");
        }
    }

    /// <summary>Reads an image size: <c>224</c> for a square, or <c>192x256</c> for rows and columns.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static (int Height, int Width) ParseSize(string size)
    {
        string[] sides = size.Split('x', 'X', '×');
        if (sides.Length <= 2
            && int.TryParse(sides[0], NumberStyles.None, CultureInfo.InvariantCulture, out int height)
            && int.TryParse(sides[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int width)
            && height > 0
            && width > 0)
        {
            return (height, width);
        }

        throw new UsageException(
            $"--size {size} is not a size: give one side of a square such as 224, or rows and columns such as 192x256.");
    }
}
