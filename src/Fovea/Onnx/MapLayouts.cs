namespace Fovea.Onnx;

/// <summary>Order of a map's axes in an exported file.</summary>
internal enum MapLayout
{
    /// <summary>(N, H, W, C), as in the graph: what layer normalisation, attention and linear layers read as it lies.</summary>
    ChannelsLast,

    /// <summary>(N, C, H, W): what ONNX's convolutions and poolings take.</summary>
    ChannelsFirst,
}

/// <summary>
/// Chooses the layout of each node so that as few elements as possible are transposed between them. Convolutions take channels first and
/// most others channels last; element-wise operations, sums and 1×1 products do as well in either, and the best choice is a minimum cut.
/// </summary>
internal sealed class MapLayouts
{
    // A 1×1 convolution is a little slower than the product that it is, so it decides where the transpositions are equal.
    private const int MatMulShare = 16;

    private readonly Dictionary<Node, MapLayout> _layouts = [];
    private readonly ExportedGraph _graph;

    /// <summary>Chooses.</summary>
    /// <param name="graph">The graph; maps among its inputs and outputs stand channels first in the file.</param>
    public MapLayouts(ExportedGraph graph)
    {
        _graph = graph;
        IReadOnlyList<Node> nodes = graph.Nodes;
        Value[] maps = [.. graph.Graph.Inputs.Values.Concat(nodes.SelectMany(node => node.Outputs)).Where(IsMap)];

        // Vertices: one for each node, two helpers for each map, then channels first (the source, input and outputs too) and last.
        int first = nodes.Count + (2 * maps.Length);
        int last = first + 1;
        MinCut network = new(last + 1);
        Dictionary<Value, List<int>> readers = maps.ToDictionary(map => map, _ => new List<int>());
        Dictionary<Value, int> producers = graph.Graph.Inputs.Values.ToDictionary(input => input, _ => first);
        for (int i = 0; i < nodes.Count; i++)
        {
            AddNode(network, nodes[i], i, first, last);
            foreach (Value result in nodes[i].Outputs)
            {
                producers[result] = i;
            }

            foreach (Value read in nodes[i].Inputs.Where(IsMap))
            {
                readers[read].Add(i);
            }
        }

        foreach (Value output in graph.Graph.Outputs.Values.Where(IsMap))
        {
            readers[output].Add(first);
        }

        for (int i = 0; i < maps.Length; i++)
        {
            AddMap(network, Cost(maps[i]), producers[maps[i]], readers[maps[i]], nodes.Count + (2 * i));
        }

        bool[] isFirst = network.Find(first, last);
        for (int i = 0; i < nodes.Count; i++)
        {
            _layouts.Add(nodes[i], isFirst[i] ? MapLayout.ChannelsFirst : MapLayout.ChannelsLast);
        }
    }

    /// <summary>The layout that a node's maps are read and written in.</summary>
    public MapLayout this[Node node] => _layouts[node];

    /// <summary>True if both layouts of a value are the same bytes.</summary>
    public static bool AreSameBytes(Shape shape) => shape.Rank != 4 || shape.Last == 1 || shape[1] * shape[2] == 1;

    private void AddNode(MinCut network, Node node, int index, int first, int last)
    {
        MapLayout? layout = Emitter.Of(node).Layout ?? (TakesBoth(node) ? null : MapLayout.ChannelsLast);
        if (layout == MapLayout.ChannelsFirst)
        {
            network.Add(first, index, MinCut.Never);
        }
        else if (layout == MapLayout.ChannelsLast)
        {
            network.Add(index, last, MinCut.Never);
        }
        else if (node.Operation is MatMul)
        {
            network.Add(index, last, (Cost(node.Inputs[0]) + Cost(node.Outputs[0])) / MatMulShare);
        }
    }

    private bool TakesBoth(Node node) => node.Operation is MatMul product
        ? !product.TransposeLeft && IsMap(node.Inputs[0]) && _graph.IsConstant(node.Inputs[1]) && node.Inputs[1].Shape.Rank == 2
        : node.Outputs.Concat(node.Inputs.Where(read => !_graph.IsConstant(read))).All(value => value.Shape.Rank == 4);

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

    private bool IsMap(Value value) => value.Shape.Rank == 4 && !_graph.IsConstant(value);
}
