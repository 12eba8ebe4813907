using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Checkpoints;

/// <summary>What is wished of a checkpoint that is imported; what is null is taken from the checkpoint.</summary>
/// <param name="Model">The registered name; guessed where null, if the guess is certain.</param>
/// <param name="Weights">The keys on the way to the dictionary, such as model_ema; the one that fits where null.</param>
/// <param name="Classes">Number of classes; where the checkpoint has another, the classifier is fresh.</param>
/// <param name="Labels">The names of the classes.</param>
/// <param name="Size">Rows and columns of the images; tables are resized.</param>
/// <param name="Seed">The seed of fresh tensors.</param>
public sealed record ImportOptions(
    string? Model = null, string? Weights = null, int? Classes = null, IReadOnlyList<string>? Labels = null, (int Height, int Width)? Size = null, ulong Seed = 0);

/// <summary>A network filled from a checkpoint of either format and any known key scheme, with all that Fovea keeps beside weights.</summary>
public sealed class CheckpointImport : IDisposable
{
    private CheckpointImport(ModelInfo info, Network network, ParameterStore state, CheckpointMatch match) =>
        (Info, Network, State, Match) = (info, network, state, match);

    /// <summary>What the weights are.</summary>
    public ModelInfo Info { get; }

    /// <summary>The network.</summary>
    public Network Network { get; }

    /// <summary>Its weights and statistics.</summary>
    public ParameterStore State { get; }

    /// <summary>What was found in the checkpoint: its dictionary and key scheme, and which tensors were resized or are fresh. Its dictionary cannot be read any more.</summary>
    public CheckpointMatch Match { get; }

    /// <summary>Imports a checkpoint.</summary>
    /// <param name="path">A safetensors file or one of PyTorch, told by its content.</param>
    /// <param name="options">What is wished.</param>
    /// <exception cref="InvalidFileException">The file is missing, broken, belongs to no model for certain, or does not fit the model; the message says what to do.</exception>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="LabelCountException">There is not one label for each class.</exception>
    /// <exception cref="ShapeException">The model does not take images of the size.</exception>
    public static CheckpointImport Open(string path, ImportOptions? options = null)
    {
        options ??= new ImportOptions();
        using CheckpointFile file = CheckpointFile.Open(path);
        CheckpointDiagnosis diagnosis = new(file, options.Model, options.Weights, new MatchOptions(options.Classes, options.Size));
        if (diagnosis.Problems is [CheckpointProblem problem, ..])
        {
            throw new InvalidFileException(path, Sentence(diagnosis, problem), problem.Remedy + (options.Model is null ? $" 'fovea doctor {path}' tells all." : ""));
        }

        CheckpointMatch match = diagnosis.Match!;
        if (options.Model is null && diagnosis.Own is null && diagnosis.Certain is { Count: not 1 } several)
        {
            throw new InvalidFileException(path, $"it fits {string.Join(", ", several)} alike", "Say which with --model.");
        }

        ModelInfo info = InfoOf(diagnosis, match, options);
        Network network = info.CreateNetwork();
        ParameterStore state = new(network);
        try
        {
            Fill(state, match, options.Seed);
            return new CheckpointImport(info, network, state, match);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    /// <summary>Writes the network as a checkpoint of Fovea.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    public void Save(string path) => Checkpoint.Save(path, Info, State);

    /// <summary>Writes the weights as PyTorch's state dict.</summary>
    /// <param name="path">The file.</param>
    /// <param name="scheme">Whose names the tensors get.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    public void SavePyTorch(string path, KeyScheme scheme) => PyTorchWriter.Write(path, [.. TensorFilling.ToFile(State, scheme.NameOf)]);

    /// <summary>Frees the memory.</summary>
    public void Dispose() => State.Dispose();

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
            ?? (own?.Classes.Count == classes && match.Fresh.Count == 0 ? own.Classes : [.. Enumerable.Range(0, classes).Select(i => $"class {i}")]);
        return own is not null
            ? own with { Options = own.Options with { Classes = classes }, Classes = names }
            : new ModelInfo(match.Model, match.Options, names, PublishedPreprocessing.Of(match.Model, height, width));
    }

    private static string Sentence(CheckpointDiagnosis diagnosis, CheckpointProblem problem)
    {
        const int shown = 3;
        string names = problem.Names.Count == 0 ? "" : $": {string.Join(", ", problem.Names.Take(shown))}{(problem.Names.Count > shown ? ", …" : "")}";
        return $"{(diagnosis.Match is { } match ? $"held against {match.Model}, " : "")}{problem.What}{names}";
    }
}
