using System.Numerics.Tensors;
using System.Text.Json;
using Fovea.Data;
using Fovea.Formats;
using Fovea.Layers;
using Fovea.Models;

namespace Fovea.Checkpoints;

/// <summary>
/// Checkpoints as safetensors files: tensors under the keys and in the layout of the official PyTorch checkpoints, and in the metadata all
/// that is needed to use them. Names that begin with <c>training.</c> hold what is needed to go on training.
/// </summary>
public static class Checkpoint
{
    /// <summary>Beginning of the names of tensors that only training needs.</summary>
    public const string TrainingPrefix = "training.";

    private const string ModelKey = "fovea.model";
    private const string OptionsKey = "fovea.options";
    private const string ClassesKey = "fovea.classes";
    private const string PreprocessingKey = "fovea.preprocessing";
    private const string ColorsKey = "fovea.colors";
    private const string LabelsKey = "fovea.labels";

    /// <summary>Loads a model from a checkpoint of Fovea, or from one of PyTorch or safetensors under any known names.</summary>
    /// <param name="path">The file; its format is told by its content.</param>
    /// <param name="options">Model, classes, labels and size, where the checkpoint's own are not wanted.</param>
    /// <exception cref="InvalidFileException">
    /// The file is missing, broken, belongs to no model for certain, or does not fit the model; the message says what to do.
    /// </exception>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="LabelCountException">There is not one label for each class.</exception>
    /// <exception cref="ShapeException">The model does not take images of the size.</exception>
    public static Model Load(string path, ImportOptions? options = null)
    {
        options ??= new ImportOptions();
        using CheckpointFile file = CheckpointFile.Open(path);

        // A file of Fovea says itself what it is, so that nothing needs to be compared with other models.
        return file.SafeTensors is SafeTensorsFile own
            && IsOwn(own)
            && options is { Model: null, Weights: null, Classes: null, Labels: null }
            ? Open(own, options.Size, TensorFilling.Fill, (info, network, parameters) => ModelOf(path, info, network, parameters))
            : CheckpointImport.Read(file, options).Model;
    }

    /// <summary>Writes a model whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="weights">
    /// Element type of weights, <see cref="SafeTensorType.F32"/> or <see cref="SafeTensorType.F16"/>. Tensors of one axis, such as biases,
    /// norms and statistics, are always of 32 bits: they take little room, and a variance may be too small for 16.
    /// </param>
    /// <exception cref="UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    /// <exception cref="UnusableDataException">A weight is too large for 16 bits.</exception>
    /// <exception cref="ArgumentException">The element type is another.</exception>
    public static void Save(string path, Model model, SafeTensorType weights = SafeTensorType.F32) => SafeTensorsWriter.Write(
        path, [.. TensorFilling.ToFile(model.Parameters, weights: weights)], Metadata(model.Info));

    /// <summary>Writes parameters and their description whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="info">Description of the network.</param>
    /// <param name="parameters">Weights and statistics.</param>
    /// <param name="trainingTensors">Tensors that only training needs.</param>
    /// <param name="trainingState">JSON that only training needs, which stands in the metadata under <c>fovea.training</c>.</param>
    /// <exception cref="UnwritableFileException">The file cannot be written; an earlier one stays.</exception>
    public static void Save(
        string path,
        ModelInfo info,
        ParameterStore parameters,
        IReadOnlyList<SafeTensor>? trainingTensors = null,
        string? trainingState = null)
    {
        Dictionary<string, string> metadata = Metadata(info);
        if (trainingState is not null)
        {
            metadata["fovea.training"] = trainingState;
        }

        SafeTensorsWriter.Write(path, [.. TensorFilling.ToFile(parameters), .. trainingTensors ?? []], metadata);
    }

    /// <summary>Gives the entries of a file's metadata that describe a model.</summary>
    /// <param name="info">Description of the model.</param>
    public static Dictionary<string, string> Metadata(ModelInfo info)
    {
        Dictionary<string, string> metadata = new()
        {
            [ModelKey] = info.Name,
            [OptionsKey] = info.Options.ToJson(),
            [ClassesKey] = JsonSerializer.Serialize([.. info.Classes], ModelInfoJson.Default.ClassNames),
            [PreprocessingKey] = info.Preprocessing.ToJson(),
        };
        if (info.Colors.Count > 0)
        {
            string[] colors = [.. info.Colors.Select(color => color.ToString())];
            metadata[ColorsKey] = JsonSerializer.Serialize(colors, ModelInfoJson.Default.ClassNames);
        }

        if (info.Labels is SegmentationLabels labels)
        {
            metadata[LabelsKey] = JsonSerializer.Serialize(labels, ModelInfoJson.Default.SegmentationLabels);
        }

        return metadata;
    }

    /// <summary>Tells whether a file says of itself that Fovea wrote it.</summary>
    /// <param name="file">The file.</param>
    public static bool IsOwn(SafeTensorsFile file) => file.Metadata.ContainsKey(ModelKey);

    /// <summary>Reads the description of the model from a file's metadata.</summary>
    /// <param name="file">A file that Fovea wrote, in this or an earlier version.</param>
    /// <exception cref="InvalidFileException">The file was not written by Fovea, or its metadata are damaged.</exception>
    public static ModelInfo ReadInfo(SafeTensorsFile file)
    {
        foreach (string key in new[] { ModelKey, OptionsKey, ClassesKey, PreprocessingKey })
        {
            if (!file.Metadata.ContainsKey(key))
            {
                throw new InvalidFileException(file.Path, $"the metadata have no entry {key}", "Give a checkpoint that Fovea wrote.");
            }
        }

        try
        {
            ModelInfo info = new(
                ModelRegistry.Resolve(file.Metadata[ModelKey]),
                ModelOptions.FromJson(file.Metadata[OptionsKey]),
                ReadTexts(file.Metadata[ClassesKey]),
                Preprocessing.FromJson(file.Metadata[PreprocessingKey]))
            {
                Colors = file.Metadata.TryGetValue(ColorsKey, out string? colors) ? [.. ReadTexts(colors).Select(Rgb.Parse)] : [],
                Labels = file.Metadata.TryGetValue(LabelsKey, out string? labels) ? ReadLabels(labels) : null,
            };
            return info.Classes.Count == info.Options.Classes
                ? info
                : throw new InvalidFileException(
                    file.Path,
                    $"it names {info.Classes.Count} classes for a model of {info.Options.Classes}",
                    "Give a checkpoint that Fovea wrote.");
        }
        catch (Exception error) when (error is JsonException or UnusableDataException or FormatException)
        {
            throw new InvalidFileException(
                file.Path, $"its metadata cannot be read ({ExceptionText.Of(error)})", "Give a checkpoint that Fovea wrote.", error);
        }
    }

    /// <summary>Fills a network's parameters from a file. Tables that belong to another image size are resized.</summary>
    /// <param name="file">A file that Fovea wrote.</param>
    /// <param name="state">Parameters of the network that the file describes.</param>
    /// <exception cref="InvalidFileException">
    /// A tensor is missing, unexpected or has another shape, which is checked before anything is changed, or cannot be read.
    /// </exception>
    public static void Load(SafeTensorsFile file, ParameterStore state) => Load(file, state, TensorFilling.Fill);

    /// <summary>Opens a checkpoint that Fovea wrote, as parts of a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="size">
    /// Rows and columns of the images to make the network for; the checkpoint's own where null. Position tables are resized.
    /// </param>
    /// <exception cref="InvalidFileException">The file is broken or does not fit its model.</exception>
    /// <exception cref="ShapeException">The model does not take images of the given size.</exception>
    internal static (ModelInfo Info, Network Network, ParameterStore State) Open(string path, (int Height, int Width)? size = null)
    {
        using SafeTensorsFile file = SafeTensorsFile.Open(path);
        return Open(file, size, TensorFilling.Fill, (info, network, state) => (info, network, state));
    }

    /// <summary>Makes a model; what its file says of itself may not fit together.</summary>
    /// <exception cref="InvalidFileException">It does not.</exception>
    internal static Model ModelOf(string path, ModelInfo info, Network network, ParameterStore parameters)
    {
        try
        {
            return new Model(network, parameters, info);
        }
        catch (ArgumentException error)
        {
            throw new InvalidFileException(
                path, $"its metadata do not fit together ({ExceptionText.Of(error)})", "Give a checkpoint that Fovea wrote.", error);
        }
    }

    /// <summary>Reads an open file of Fovea; parameters are filled by the given function.</summary>
    internal static T Open<T>(
        SafeTensorsFile file,
        (int Height, int Width)? size,
        Action<SafeTensorsFile, string, Parameter> fill,
        Func<ModelInfo, Network, ParameterStore, T> make)
    {
        ModelInfo info = ReadInfo(file);
        Network network = CreateNetwork(info, file.Path);
        if (size is (int height, int width))
        {
            info = info.At(height, width);
            network = info.CreateNetwork();
        }

        ParameterStore state = new(network);
        try
        {
            Load(file, state, fill);
            return make(info, network, state);
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    private static void Load(SafeTensorsFile file, ParameterStore state, Action<SafeTensorsFile, string, Parameter> fill)
    {
        CheckNames(file, state);
        foreach ((string name, Parameter tensor) in state.Tensors)
        {
            fill(file, name, tensor);
        }
    }

    private static SegmentationLabels ReadLabels(string json)
    {
        SegmentationLabels labels =
            JsonText.Read(JsonText.ParseObject(json), new SegmentationLabels(), ModelInfoJson.Default.SegmentationLabels);
        return labels.Ignored is >= 0 and <= byte.MaxValue
            ? labels
            : throw new FormatException($"{labels.Ignored} is no number of a label map, which go from 0 to 255");
    }

    private static string[] ReadTexts(string json)
    {
        string[] texts = JsonText.Read(json, ModelInfoJson.Default.ClassNames);
        return Array.TrueForAll(texts, text => text is not null)
            ? texts
            : throw new JsonException("null stands in a list of texts");
    }

    /// <summary>Creates the network that a file says it holds.</summary>
    /// <exception cref="InvalidFileException">There is no such model, or not with such options.</exception>
    internal static Network CreateNetwork(ModelInfo info, string path)
    {
        try
        {
            return info.CreateNetwork();
        }
        catch (Exception error) when (error is ArgumentException or ShapeException)
        {
            throw new InvalidFileException(
                path,
                $"its model cannot be made ({ExceptionText.Of(error)})",
                "Give a checkpoint that this version of Fovea knows.",
                error);
        }
    }

    /// <summary>Name of the first tensor with a value that is not finite; null where all are.</summary>
    internal static string? FirstNonFinite(ParameterStore state) =>
        state.Tensors.FirstOrDefault(tensor => !TensorPrimitives.IsFiniteAll<float>(tensor.Value.Variable.Data)).Key;

    private static void CheckNames(SafeTensorsFile file, ParameterStore state)
    {
        string[] missing = [.. state.Tensors.Keys.Where(name => !file.Tensors.ContainsKey(name))];
        string[] unexpected =
        [
            .. file.Tensors.Keys.Where(
                name => !state.Tensors.ContainsKey(name) && !name.StartsWith(TrainingPrefix, StringComparison.Ordinal)),
        ];
        const string advice = "The file was made for another model or is damaged: give the right one.";
        if (missing.Length > 0)
        {
            throw new InvalidFileException(file.Path, $"{Listed(missing, "tensor is missing", "tensors are missing")}", advice);
        }

        if (unexpected.Length > 0)
        {
            throw new InvalidFileException(
                file.Path, $"{Listed(unexpected, "tensor is not part of the model", "tensors are not part of the model")}", advice);
        }

        foreach ((string name, Parameter tensor) in state.Tensors)
        {
            if (TensorFilling.StoredShape(file.Info(name), tensor) is null)
            {
                throw new InvalidFileException(
                    file.Path,
                    $"the tensor {name} has shape [{string.Join(", ", file.Info(name).Shape)}] where {tensor.CheckpointShape} is expected",
                    advice);
            }
        }
    }

    private static string Listed(string[] names, string one, string many) => names.Length == 1
        ? $"1 {one}: {names[0]}"
        : $"{names.Length} {many}: {string.Join(", ", names.Take(3))}{(names.Length > 3 ? ", …" : "")}";
}
