using System.Text.RegularExpressions;
using Fovea.Layers;

namespace Fovea.Models.Keys;

/// <summary>The names and shapes of a registered model's tensors, and which of them depend on the number of classes. It holds no weights and costs little.</summary>
public sealed partial class ModelSignature
{
    private const int LargestSide = 4096;

    private readonly ModelOptions _options;
    private readonly Lazy<IReadOnlyList<KeyScheme>> _schemes;
    private readonly Lazy<HashSet<string>> _tables;
    private readonly Lazy<(Dictionary<string, int> Axes, HashSet<string> Single)> _classes;

    /// <summary>Makes an outline.</summary>
    /// <param name="model">The registered name.</param>
    /// <param name="options">What differs from the variant.</param>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    /// <exception cref="ShapeException">The model cannot be made for the given size.</exception>
    public ModelSignature(string model, ModelOptions? options = null)
    {
        Model = model;
        _options = options ?? new ModelOptions();
        Network = ModelRegistry.Create(model, _options);
        Tensors = ParameterStore.TensorsOf(Network);
        _schemes = new(() => KeySchemes.Of(this));
        _classes = new(FindClasses);
        _tables = new(FindTables);
    }

    /// <summary>The registered name.</summary>
    public string Model { get; }

    /// <summary>The network; it has no memory.</summary>
    public Network Network { get; }

    /// <summary>The tensors by official name.</summary>
    public IReadOnlyDictionary<string, Parameter> Tensors { get; }

    /// <summary>The schemes in which the names can be written, the official one first.</summary>
    public IReadOnlyList<KeyScheme> Schemes => _schemes.Value;

    /// <summary>Whether a tensor belongs to the classes: another number of them changes its shape, or whether it exists.</summary>
    /// <param name="name">An official name; of a tensor of a single class also one that the model has too few classes for.</param>
    public bool IsOfClasses(string name) => _classes.Value.Axes.ContainsKey(name) || (_classes.Value.Single.Count > 0 && _classes.Value.Single.Contains(Pattern(name)));

    /// <summary>The axis of a tensor that has an entry for each class; null for other tensors.</summary>
    public int? ClassAxis(string name) => _classes.Value.Axes.TryGetValue(name, out int axis) ? axis : null;

    /// <summary>Whether a tensor belongs to the size of the images: another size changes its shape.</summary>
    public bool IsOfSize(string name) => _tables.Value.Contains(name);

    /// <summary>
    /// The side of square images for which a table gets a given number of elements, the roundest of several; null where there is none.
    /// </summary>
    /// <param name="name">The tensor.</param>
    /// <param name="elements">The number of elements that a file has.</param>
    public int? SideFor(string name, long elements)
    {
        // Tables grow with the images, so both ends of the range are found by halving.
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

    private long ElementsAt(string name, int side)
    {
        try
        {
            return ParameterStore.TensorsOf(ModelRegistry.Create(Model, _options with { Height = side, Width = side }))[name].Shape.Elements;
        }
        catch (ShapeException)
        {
            // Images too small for the network, or tables too large for any memory.
            return side < Math.Max(Network.Height, Network.Width) ? 0 : long.MaxValue;
        }
    }

    private static string Pattern(string name) => Number().Replace(name, "#");

    /// <summary>The tensors that change with the images' size, by comparison with a model for images twice as large.</summary>
    private HashSet<string> FindTables()
    {
        OrderedDictionary<string, Parameter> larger = ParameterStore.TensorsOf(ModelRegistry.Create(Model, _options with { Height = 2 * Network.Height, Width = 2 * Network.Width }));
        return [.. Tensors.Where(tensor => !larger[tensor.Key].Shape.Equals(tensor.Value.Shape)).Select(tensor => tensor.Key)];
    }

    /// <summary>The tensors with an axis of classes, by comparison with a model of other classes, and the patterns of tensors of single classes, which fewer classes leave out.</summary>
    private (Dictionary<string, int> Axes, HashSet<string> Single) FindClasses()
    {
        OrderedDictionary<string, Parameter> others = ParameterStore.TensorsOf(ModelRegistry.Create(Model, _options with { Classes = Network.Classes == 1 ? 2 : 1 }));
        Dictionary<string, int> axes = [];
        foreach ((string name, Parameter tensor) in Tensors)
        {
            if (others.TryGetValue(name, out Parameter? other) && !other.CheckpointShape.Equals(tensor.CheckpointShape))
            {
                axes[name] = Enumerable.Range(0, tensor.CheckpointShape.Rank).First(axis => other.CheckpointShape[axis] != tensor.CheckpointShape[axis]);
            }
        }

        return (axes, [.. Tensors.Keys.Except(others.Keys).Concat(others.Keys.Except(Tensors.Keys)).Select(Pattern)]);
    }
}
