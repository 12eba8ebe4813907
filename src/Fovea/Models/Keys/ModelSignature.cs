using System.Text.RegularExpressions;
using Fovea.Layers;

namespace Fovea.Models.Keys;

/// <summary>
/// Names and shapes of a registered model's tensors, and which of them depend on the number of classes or on the image size. It holds no
/// weights and costs little.
/// </summary>
public sealed partial class ModelSignature
{
    private const int LargestSide = 4096;

    private readonly ModelOptions _options;
    private readonly Lazy<IReadOnlyList<KeyScheme>> _schemes;
    private readonly HashSet<string> _ofClasses;
    private readonly HashSet<string> _ofHead;
    private readonly HashSet<string> _ofOneClass;

    /// <summary>Makes a signature.</summary>
    /// <param name="model">The registered name.</param>
    /// <param name="options">Changes to the registered variant.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the given size.</exception>
    public ModelSignature(string model, ModelOptions? options = null)
    {
        Model = ModelRegistry.Resolve(model);
        _options = options ?? new ModelOptions();
        Network = ModelRegistry.Create(model, _options);
        Tensors = ParameterStore.TensorsOf(Network);
        _schemes = new(() => KeySchemes.Of(this));

        // Of a dense head, the tensors before the classes' own are worth keeping where the classes change.
        IReadOnlyList<string> classifier = Network.Head is DenseHead ? [] : Network.HeadKeys;
        _ofClasses = [.. classifier, .. Tensors.Keys.Where(name => Tensors[name].ClassAxis is not null)];
        _ofHead = [.. Network.HeadKeys];
        _ofOneClass = [.. Tensors.Keys.Where(name => Tensors[name].OfOneClass).Select(Pattern)];
    }

    /// <summary>Registered name.</summary>
    public string Model { get; }

    /// <summary>The network; it has no memory.</summary>
    public Network Network { get; }

    /// <summary>The tensors by official name.</summary>
    public IReadOnlyDictionary<string, Parameter> Tensors { get; }

    /// <summary>The schemes in which the names can be written, the official one first.</summary>
    public IReadOnlyList<KeyScheme> Schemes => [.. SchemesOfFiles.Where(Suits)];

    /// <summary>The schemes that the names can have in a file, which may also tell the options of its network.</summary>
    internal IReadOnlyList<KeyScheme> SchemesOfFiles => _schemes.Value;

    /// <summary>
    /// True if a tensor belongs to the classes: a classifier's, and those elsewhere whose shape another number of classes changes.
    /// </summary>
    /// <param name="name">An official name; of a tensor of a single class also one that the model has too few classes for.</param>
    public bool IsOfClasses(string name) => _ofClasses.Contains(name) || (_ofOneClass.Count > 0 && _ofOneClass.Contains(Pattern(name)));

    /// <summary>True if a tensor belongs to the head.</summary>
    internal bool IsOfHead(string name) => _ofHead.Contains(name);

    /// <summary>Axis of a tensor that has an entry for each class; null for other tensors.</summary>
    public int? ClassAxis(string name) => Tensors.GetValueOrDefault(name)?.ClassAxis;

    /// <summary>True if a tensor's shape follows from the image size.</summary>
    public bool IsOfSize(string name) => Tensors.GetValueOrDefault(name)?.OfImageSize == true;

    /// <summary>
    /// Side of square images for which a tensor gets a given number of elements, the roundest of several; null where there is none.
    /// </summary>
    /// <param name="name">The tensor.</param>
    /// <param name="elements">The number of elements that a file has.</param>
    public int? SideFor(string name, long elements)
    {
        // Position embeddings grow with the images, so both ends of the range are found by halving.
        int step = Network.Sizes.Multiple;
        int first = FirstSide(side => ElementsAt(name, side) >= elements);
        int last = FirstSide(side => ElementsAt(name, side) > elements) - step;
        if (first > last || ElementsAt(name, first) != elements)
        {
            return null;
        }

        if (Network.Height == Network.Width && Network.Height >= first && Network.Height <= last)
        {
            return Network.Height;
        }

        int multiple = 32;
        while (last / multiple * multiple < first)
        {
            multiple /= 2;
        }

        return (first + multiple - 1) / multiple * multiple;

        int FirstSide(Func<int, bool> holds)
        {
            (int low, int high) = (1, LargestSide / step);
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = holds(middle * step) ? (low, middle) : (middle + 1, high);
            }

            return low * step;
        }
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Number();

    /// <summary>True if a file with a scheme's names is taken for a network with these options.</summary>
    private bool Suits(KeyScheme scheme) => scheme == KeySchemes.Official
        || ((scheme.Options.Detector?.Form ?? default) == (_options.Detector?.Form ?? default)
            && (scheme.Options.NormEpsilon is null || scheme.Options.NormEpsilon == _options.NormEpsilon));

    private long ElementsAt(string name, int side)
    {
        try
        {
            Network sized = ModelRegistry.Create(Model, _options with { Height = side, Width = side });
            return ParameterStore.TensorsOf(sized)[name].Shape.Elements;
        }
        catch (ShapeException)
        {
            // Images too small for the network, or position embeddings too large for any memory.
            return side < Math.Max(Network.Height, Network.Width) ? 0 : long.MaxValue;
        }
    }

    private static string Pattern(string name) => Number().Replace(name, "#");
}
