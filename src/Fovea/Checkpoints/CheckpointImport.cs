using Fovea.Data;
using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Checkpoints;

/// <summary>Options of importing a checkpoint; those that are null are taken from the checkpoint.</summary>
/// <param name="Model">The registered name; told by names and shapes where null, if they tell one.</param>
/// <param name="Weights">The keys on the way to the dictionary, such as model_ema; the one that fits where null.</param>
/// <param name="Classes">Number of classes; where the checkpoint has another, the classifier is fresh.</param>
/// <param name="Labels">The names of the classes.</param>
/// <param name="Size">Rows and columns of the images; tables are resized.</param>
/// <param name="Seed">The seed of fresh tensors.</param>
public sealed record ImportOptions(
    string? Model = null,
    string? Weights = null,
    int? Classes = null,
    IReadOnlyList<string>? Labels = null,
    (int Height, int Width)? Size = null,
    ulong Seed = 0)
{
    /// <summary>
    /// Number that batch normalisations add to the variance; that of the file's own code where null: 0 for the names of torchvision's
    /// first detectors, as its released weights have them.
    /// </summary>
    public float? NormEpsilon { get; init; }
}

/// <summary>Import of a checkpoint of either format and any known key scheme: the model, and what was found in the file.</summary>
public sealed class CheckpointImport : IDisposable
{
    private CheckpointImport(Model model, CheckpointMatch match) => (Model, Match) = (model, match);

    /// <summary>Model with the checkpoint's weights. It lasts longer than this object where this is not disposed of.</summary>
    public Model Model { get; }

    /// <summary>Description of the model: name, options, classes, preprocessing.</summary>
    public ModelInfo Info => Model.Info;

    /// <summary>Network of the model.</summary>
    public Network Network => Model.Network;

    /// <summary>Comparison with the checkpoint: its dictionary and key scheme, and which tensors were resized or reinitialized.</summary>
    /// <remarks>The file is closed, so the dictionary cannot be read any more.</remarks>
    public CheckpointMatch Match { get; }

    /// <summary>Imports a checkpoint.</summary>
    /// <param name="path">A safetensors file or one of PyTorch, told by its content.</param>
    /// <param name="options">Model, classes, labels and size, where the checkpoint's own are not wanted.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing, broken, belongs to no model for certain, or does not fit the model; the message says what to do.
    /// </exception>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="LabelCountException">There is not one label for each class.</exception>
    /// <exception cref="ShapeException">The model does not take images of the size.</exception>
    public static CheckpointImport Open(string path, ImportOptions? options = null)
    {
        using CheckpointFile file = CheckpointFile.Open(path);
        return Read(file, options ?? new ImportOptions());
    }

    /// <summary>Imports an open checkpoint.</summary>
    internal static CheckpointImport Read(CheckpointFile file, ImportOptions options)
    {
        CheckpointDiagnosis diagnosis = new(file, options.Model, options.Weights, new MatchOptions(options.Classes, options.Size));
        if (diagnosis.Problems is [CheckpointProblem problem, ..])
        {
            Remedy[] remedies = options.Model is null ? [problem.Remedy, new Remedy.Diagnose(file.Path)] : [problem.Remedy];
            throw new InvalidFileException(file.Path, Sentence(diagnosis, problem), remedies);
        }

        CheckpointMatch match = diagnosis.Match!;
        if (options.Model is null && diagnosis.Own is null && diagnosis.UnambiguousMatches is { Count: not 1 } several)
        {
            throw new InvalidFileException(file.Path, $"it fits {string.Join(", ", several)} alike", [new Remedy.ChooseModel(several)]);
        }

        ModelInfo info = InfoOf(diagnosis, match, options);
        Network network = info.CreateNetwork();
        ParameterStore state = new(network);
        try
        {
            Fill(state, match, options.Seed);
            return new CheckpointImport(new Model(network, state, info), match);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <summary>Writes the model as a checkpoint of Fovea.</summary>
    /// <param name="path">The file.</param>
    /// <param name="weights">Element type of weights, as <see cref="Checkpoint.Save(string, Model, SafeTensorType)"/> has it.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    /// <exception cref="UnusableDataException">A weight is too large for 16 bits.</exception>
    public void Save(string path, SafeTensorType weights = SafeTensorType.F32) => Checkpoint.Save(path, Model, weights);

    /// <summary>Writes the weights as PyTorch's state dict.</summary>
    /// <param name="path">The file.</param>
    /// <param name="scheme">Key scheme of the names that the tensors get.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    public void SavePyTorch(string path, KeyScheme scheme) =>
        PyTorchWriter.Write(path, [.. TensorFilling.ToFile(Model.Parameters, scheme.NameOf)]);

    /// <summary>
    /// True if the checkpoint tells other classes apart than those of a set, or the same in another order. One that names its classes only
    /// by numbers of its own may be of any.
    /// </summary>
    /// <param name="classes">The classes of the set.</param>
    public bool HasOtherClasses(IReadOnlyList<string> classes) => Match.Reinitialized.Count == 0
        && !Info.Classes.SequenceEqual(ModelInfo.Unnamed(Info.Classes.Count))
        && !ClassCheck.AreSame(Info.Classes, classes);

    /// <summary>Begins the classifier afresh, as where the checkpoint has another number of classes.</summary>
    /// <param name="seed">The seed of fresh tensors.</param>
    public void BeginClassifier(ulong seed)
    {
        foreach (string name in Model.Parameters.Tensors.Keys.Where(Match.Outline.IsOfClasses))
        {
            Model.Parameters.Initialize(name, seed);
        }
    }

    /// <summary>Frees the memory of the model.</summary>
    public void Dispose() => Model.Dispose();

    private static void Fill(ParameterStore state, CheckpointMatch match, ulong seed)
    {
        foreach ((string official, Parameter tensor) in state.Tensors)
        {
            if (match.NamesInFile.TryGetValue(official, out string? name))
            {
                TensorFilling.Fill(match.Weights, name, tensor);
            }
            else
            {
                state.Initialize(official, seed);
            }
        }
    }

    private static ModelInfo InfoOf(CheckpointDiagnosis diagnosis, CheckpointMatch match, ImportOptions options)
    {
        int classes = match.Outline.Network.Classes;
        (int height, int width) = (match.Outline.Network.Height, match.Outline.Network.Width);
        if (options.Labels is { } labels && labels.Count != classes)
        {
            throw new LabelCountException(labels.Count, classes);
        }

        // A checkpoint of Fovea keeps what it says of itself as far as it still holds.
        ModelInfo? own = diagnosis.Own?.Name == match.Model ? diagnosis.Own.At(height, width) : null;
        IReadOnlyList<string> names = options.Labels
            ?? (match.Reinitialized.Count > 0 ? null
                : own?.Classes.Count == classes ? own.Classes
                : CocoClasses.Of(match) ?? AdeClasses.Of(match))
            ?? ModelInfo.Unnamed(classes);
        ModelOptions network = (own?.Options ?? match.Options) with { Classes = classes };
        network = network with { NormEpsilon = options.NormEpsilon ?? network.NormEpsilon };
        return own is not null
            ? own with { Options = network, Classes = names }
            : new ModelInfo(match.Model, network, names, PreprocessingOf(match, height, width));
    }

    /// <summary>The family's preprocessing; files of dense networks of others resize as their code does.</summary>
    private static Preprocessing PreprocessingOf(CheckpointMatch match, int height, int width) =>
        PublishedPreprocessing.Of(match.Model, height, width, match.Outline.Network.Sizes) with
        {
            Aliased = match.Scheme.Task != VisionTask.Classification,
        };

    private static string Sentence(CheckpointDiagnosis diagnosis, CheckpointProblem problem)
    {
        const int shown = 3;
        string names = problem.Names.Count == 0
            ? ""
            : $": {string.Join(", ", problem.Names.Take(shown))}{(problem.Names.Count > shown ? ", …" : "")}";
        return $"{(diagnosis.Match is { } match ? $"held against {match.Model}, " : "")}{problem.What}{names}";
    }
}
