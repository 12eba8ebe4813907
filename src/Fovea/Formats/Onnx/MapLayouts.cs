namespace Fovea.Formats.Onnx;

/// <summary>How a map's axes follow one another in an exported file.</summary>
internal enum MapLayout
{
    /// <summary>(N, H, W, C), as in the graph: what layer normalisation, attention and linear layers read as it lies.</summary>
    ChannelsLast,

    /// <summary>(N, C, H, W): what ONNX's convolutions and poolings take.</summary>
    ChannelsFirst,
}

/// <summary>
/// Chooses the layout of each step so that as few elements as possible are transposed between them. Convolutions take channels first and most others
/// channels last; element-wise steps, sums and 1×1 products do as well in either, and which is best is a minimum cut.
/// </summary>
internal sealed class MapLayouts
{
    // A 1×1 convolution is a little slower than the product that it is, so it decides where the transpositions are equal.
    private const int ProductShare = 16;

    private readonly Dictionary<ExportStep, MapLayout> _layouts = new(ReferenceEqualityComparer.Instance);
    private readonly Selection _selection;

    /// <summary>Chooses.</summary>
    /// <param name="selection">The steps.</param>
    /// <param name="input">The images, which are given channels first.</param>
    /// <param name="output">The result, which is given out channels last where it is a map.</param>
    public MapLayouts(Selection selection, Value input, Value output)
    {
        _selection = selection;
        IReadOnlyList<ExportStep> steps = selection.Steps;
        Value[] maps = [input, .. steps.SelectMany(step => step.Results).Where(IsMap)];

        // Nodes: one for each step, two helpers for each map, then channels first (source, which stands for the input as well) and channels last.
        int first = steps.Count + (2 * maps.Length);
        int last = first + 1;
        MinCut network = new(last + 1);
        Dictionary<Value, List<int>> readers = new() { [output] = [last] };
        Dictionary<Value, int> producers = new() { [input] = first };
        for (int i = 0; i < steps.Count; i++)
        {
            AddStep(network, steps[i], i, first, last);
            foreach (Value result in steps[i].Results)
            {
                producers[result] = i;
            }

            foreach (Value read in steps[i].Reads.Where(IsMap))
            {
                (readers.TryGetValue(read, out List<int>? list) ? list : readers[read] = []).Add(i);
            }
        }

        for (int i = 0; i < maps.Length; i++)
        {
            AddMap(network, Cost(maps[i]), producers[maps[i]], readers.GetValueOrDefault(maps[i]) ?? [], steps.Count + (2 * i));
        }

        bool[] isFirst = network.Find(first, last);
        for (int i = 0; i < steps.Count; i++)
        {
            _layouts.Add(steps[i], isFirst[i] ? MapLayout.ChannelsFirst : MapLayout.ChannelsLast);
        }
    }

    /// <summary>The layout that a step's maps are read and written in.</summary>
    public MapLayout this[ExportStep step] => _layouts[step];

    /// <summary>Whether both layouts of a value are the same bytes.</summary>
    public static bool AreSameBytes(Shape shape) => shape.Rank != 4 || shape.Last == 1 || shape[1] * shape[2] == 1;

    private void AddStep(MinCut network, ExportStep step, int index, int first, int last)
    {
        if (step.Operation is Convolution or DepthwiseConvolution or Pooling or Resize)
        {
            network.Add(first, index, MinCut.Never);
        }
        else if (!TakesBoth(step))
        {
            network.Add(index, last, MinCut.Never);
        }
        else if (step.Operation is MatMul)
        {
            network.Add(index, last, (Cost(step.Reads[0]) + Cost(step.Result)) / ProductShare);
        }
    }

    private bool TakesBoth(ExportStep step) => step.Operation switch
    {
        Unary or Binary or Power or Where or ScaleAndShift or SplitIntoParts or Reduction or Concat or Slice or Pad =>
            step.Results.Concat(step.Reads.Where(read => !_selection.IsConstant(read))).All(value => value.Shape.Rank == 4),
        MatMul { TransposeLeft: false } => IsMap(step.Reads[0]) && _selection.IsConstant(step.Reads[1]) && step.Reads[1].Shape.Rank == 2,
        _ => false,
    };

    /// <summary>A map is transposed once, where any reader's layout is not its own.</summary>
    private static void AddMap(MinCut network, long cost, int producer, List<int> readers, int helper)
    {
        network.Add(producer, helper, cost);
        network.Add(helper + 1, producer, cost);
        foreach (int reader in readers)
        {
            network.Add(helper, reader, MinCut.Never);
            network.Add(reader, helper + 1, MinCut.Never);
        }
    }

    private static long Cost(Value map) => AreSameBytes(map.Shape) ? 0 : map.Shape.Elements;

    private bool IsMap(Value value) => value.Shape.Rank == 4 && !_selection.IsConstant(value);
}
