using Fovea.Formats;
using Fovea.Formats.PyTorch;
using Fovea.Layers;
using Fovea.Models;
using Fovea.Models.Keys;

namespace Fovea.Checkpoints;

/// <summary>
/// Requirements of a network that is filled from a checkpoint; those that are null are taken from the checkpoint's shapes.
/// </summary>
/// <param name="Classes">Number of classes; where the checkpoint has another, the classifier keeps its initial values.</param>
/// <param name="Size">Rows and columns of the images; tables are resized.</param>
public sealed record MatchOptions(int? Classes = null, (int Height, int Width)? Size = null)
{
    /// <summary>Further options of the network; those that go with the names in the file where null.</summary>
    internal ModelOptions? Network { get; init; }
}

/// <summary>Difference between the shapes of a tensor in a checkpoint and in the network.</summary>
/// <param name="Name">The official name.</param>
/// <param name="Found">The checkpoint's shape.</param>
/// <param name="Expected">The network's.</param>
public sealed record ShapeDifference(string Name, IReadOnlyList<int> Found, IReadOnlyList<int> Expected);

/// <summary>
/// Comparison of a dictionary of tensors with a registered model by names and shapes: which of the model's tensors it has, under whose
/// names, for how many classes and which size of images. No values are read.
/// </summary>
public sealed class CheckpointMatch
{
    // More than any published network has; a hostile file must not make us build a network of any size.
    private const int MaxClasses = 100_000;

    private readonly Dictionary<string, string> _names = [];
    private readonly List<string> _missing = [];
    private readonly List<string> _reinitialized = [];
    private readonly List<ShapeDifference> _mismatches = [];
    private readonly List<ShapeDifference> _resized = [];

    /// <summary>Compares a dictionary with a model.</summary>
    /// <param name="weights">The dictionary.</param>
    /// <param name="model">The registered name.</param>
    /// <param name="options">Requirements of the network.</param>
    /// <exception cref="ShapeException">The model cannot be made for the size that is asked for.</exception>
    public CheckpointMatch(StateDict weights, string model, MatchOptions? options = null)
        : this(
            weights,
            Names(weights),
            new ModelSignature(model, options?.Network ?? new ModelOptions()),
            options ?? new MatchOptions())
    {
    }

    internal CheckpointMatch(
        StateDict weights, IReadOnlyDictionary<string, TensorInfo> tensors, ModelSignature native, MatchOptions options)
    {
        Weights = weights;
        Scheme = native.SchemesOfFiles.MaxBy(scheme => native.Tensors.Keys.Count(
            name => scheme.NameOf(name) is string other ? tensors.ContainsKey(other) : !tensors.ContainsKey(name)))!;
        ModelOptions own = options.Network ?? OptionsOf(tensors, native, Scheme);
        native = own == new ModelOptions() ? native : new ModelSignature(native.Model, own);
        tensors = WrappedHead.Unwrap(tensors, native, Scheme);
        int classes = options.Classes ?? ClassesOf(tensors, native, Scheme) ?? native.Network.Classes;
        ModelSignature ofClasses = classes == native.Network.Classes ? native
            : new ModelSignature(native.Model, own with { Classes = classes });
        OwnSide = SideOf(tensors, ofClasses, Scheme);
        (int height, int width) = options.Size ?? (OwnSide is int side ? (side, side) : (native.Network.Height, native.Network.Width));
        Options = own with { Classes = classes, Height = height, Width = width };
        bool isNative = (height, width) == (native.Network.Height, native.Network.Width);
        Outline = isNative ? ofClasses : new ModelSignature(native.Model, Options);
        IsNative = isNative;
        Compare(tensors, options.Classes is not null);
        NeedsClasses = _reinitialized.Count > 0 && options.Classes is null;
        IEnumerable<string> compared = [.. _names.Keys, .. _mismatches.Select(difference => difference.Name), .. _reinitialized];
        HashSet<string> used = [.. compared.Select(Scheme.NameOf).OfType<string>()];
        string[] others = [.. tensors.Keys.Where(name => !used.Contains(name))];
        IgnoredKeys = [.. others.Where(KeySchemes.IsIgnored)];
        Unexpected =
        [
            .. others.Where(name => !KeySchemes.IsIgnored(name) && !(_reinitialized.Count > 0 && Outline.IsOfClasses(name))),
        ];
    }

    /// <summary>The dictionary.</summary>
    public StateDict Weights { get; }

    /// <summary>The model, with the classes and the size that it is to have.</summary>
    public ModelSignature Outline { get; }

    /// <summary>The model's registered name.</summary>
    public string Model => Outline.Model;

    /// <summary>Classes and size of the network that is to be filled.</summary>
    public ModelOptions Options { get; }

    /// <summary>Key scheme of the dictionary's names.</summary>
    public KeyScheme Scheme { get; }

    /// <summary>
    /// Side of the square images that the dictionary's tables are made for; null where no table tells, or the images were not square.
    /// </summary>
    public int? OwnSide { get; }

    /// <summary>True if the network has the variant's own size.</summary>
    public bool IsNative { get; }

    /// <summary>The dictionary's name of each official name that it can fill.</summary>
    public IReadOnlyDictionary<string, string> NamesInFile => _names;

    /// <summary>Official names of tensors that the dictionary lacks. Counters of batches may be missing and are not listed.</summary>
    public IReadOnlyList<string> Missing => _missing;

    /// <summary>Names in the dictionary that the model does not have.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Names in the dictionary that may be left out without loss.</summary>
    public IReadOnlyList<string> IgnoredKeys { get; }

    /// <summary>Tensors of the wrong shape.</summary>
    public IReadOnlyList<ShapeDifference> ShapeMismatches => _mismatches;

    /// <summary>Tables of another size of images, which are resized.</summary>
    public IReadOnlyList<ShapeDifference> Resized => _resized;

    /// <summary>Official names of tensors that keep their initial values.</summary>
    /// <remarks>
    /// The classifier, where another number of classes was asked for or the dictionary has none; and what the scheme's files never hold.
    /// </remarks>
    public IReadOnlyList<string> Reinitialized => _reinitialized;

    /// <summary>True if the dictionary is a backbone without a classifier and no number of classes was given for a fresh one.</summary>
    public bool NeedsClasses { get; }

    /// <summary>True if the dictionary fills the network, but for a classifier whose number of classes was given.</summary>
    public bool Fits => _missing.Count == 0 && _mismatches.Count == 0 && Unexpected.Count == 0 && !NeedsClasses;

    /// <summary>
    /// Share of names and shapes that agree among all of both sides, from 0 to 1; a table that is resized agrees by half.
    /// </summary>
    public double MatchRatio
    {
        get
        {
            double agree = Outline.Tensors.Count(
                tensor => tensor.Value.Kind != ParameterKind.Counter && _names.ContainsKey(tensor.Key)) - (0.5 * _resized.Count);
            double all = Outline.Tensors.Values.Count(
                tensor => tensor.Kind != ParameterKind.Counter) - _reinitialized.Count + Unexpected.Count;
            return all > 0 ? agree / all : 0;
        }
    }

    /// <summary>The tensors of a dictionary by name; those that only training needs are left out.</summary>
    internal static Dictionary<string, TensorInfo> Names(StateDict weights) =>
        weights.TensorInfos.Where(
            info => !info.Name.StartsWith(Checkpoint.TrainingPrefix, StringComparison.Ordinal)).ToDictionary(info => info.Name);

    /// <summary>Options that names tell: those of the scheme, and whether a segmentation network has its auxiliary head.</summary>
    private static ModelOptions OptionsOf(IReadOnlyDictionary<string, TensorInfo> tensors, ModelSignature native, KeyScheme scheme)
    {
        string[] auxiliary = [.. native.Network.HeadKeys.Select(scheme.NameOf).OfType<string>().Where(SegmenterHead.IsAuxiliary)];
        bool isThere = tensors.Keys.Any(SegmenterHead.IsAuxiliary);
        return native.Network.Head is SegmenterHead && isThere != auxiliary.Length > 0
            ? scheme.Options with { Segmenter = new SegmenterOptions { Auxiliary = isThere } }
            : scheme.Options;
    }

    private static int? ClassesOf(IReadOnlyDictionary<string, TensorInfo> tensors, ModelSignature native, KeyScheme scheme)
    {
        foreach ((string official, Parameter tensor) in native.Tensors)
        {
            if (native.ClassAxis(official) is int axis
                && Find(tensors, scheme, official) is TensorInfo info
                && DiffersOnlyIn(axis, info.Shape, tensor.CheckpointShape)
                && info.Shape[axis] % tensor.EntriesPerClass == 0
                && (info.Shape[axis] / tensor.EntriesPerClass) - tensor.UntoldClasses is > 0 and <= MaxClasses and int classes)
            {
                return classes;
            }
        }

        return null;
    }

    private static bool DiffersOnlyIn(int axis, IReadOnlyList<int> shape, Shape expected) =>
        shape.Count == expected.Rank
        && Enumerable.Range(0, shape.Count).All(each => each == axis || shape[each] == expected[each]);

    private static int? SideOf(IReadOnlyDictionary<string, TensorInfo> tensors, ModelSignature outline, KeyScheme scheme)
    {
        // One table tells; and where all shapes agree there is nothing to search for.
        foreach ((string official, Parameter tensor) in outline.Tensors)
        {
            if (Find(tensors, scheme, official) is TensorInfo info
                && !info.Shape.SequenceEqual(tensor.CheckpointShape)
                && outline.IsOfSize(official))
            {
                return outline.SideFor(official, info.Count);
            }
        }

        return null;
    }

    private static TensorInfo? Find(IReadOnlyDictionary<string, TensorInfo> tensors, KeyScheme scheme, string official) =>
        scheme.NameOf(official) is string name && tensors.TryGetValue(name, out TensorInfo? info) ? info : null;

    private void Compare(IReadOnlyDictionary<string, TensorInfo> tensors, bool classesGiven)
    {
        // Another number of classes replaces the whole classifier, never a part of it; so does its absence. A head of which nothing is
        // there is fresh as a whole, as that of a detector on a backbone alone.
        string[] classifier = [.. Outline.Tensors.Keys.Where(Outline.IsOfClasses)];
        bool headless = Outline.Network.HeadKeys.All(name => Find(tensors, Scheme, name) is null);
        bool replaced = classifier.All(name => Find(tensors, Scheme, name) is null)
            || (classesGiven && classifier.Any(name =>
                Find(tensors, Scheme, name) is not TensorInfo info || TensorFilling.StoredShape(info, Outline.Tensors[name]) is null));
        foreach ((string official, Parameter tensor) in Outline.Tensors)
        {
            TensorInfo? info = Find(tensors, Scheme, official);
            if (Scheme.NameOf(official) is null
                || (replaced && Outline.IsOfClasses(official))
                || (headless && Outline.IsOfHead(official)))
            {
                _reinitialized.Add(official);
            }
            else if (info is null)
            {
                if (tensor.Kind != ParameterKind.Counter)
                {
                    _missing.Add(official);
                }
            }
            else if (TensorFilling.StoredShape(info, tensor) is Shape stored)
            {
                _names.Add(official, info.Name);
                if (!stored.Equals(tensor.Shape))
                {
                    _resized.Add(new ShapeDifference(official, info.Shape, tensor.CheckpointShape));
                }
            }
            else
            {
                _mismatches.Add(new ShapeDifference(official, info.Shape, tensor.CheckpointShape));
            }
        }
    }
}
