using Fovea.Engine.Optimization;
using Fovea.Models;

namespace Fovea.Training;

/// <summary>
/// Learning rates that fall from the head towards the stem, for fine-tuning (arXiv 1801.06146, section 3.2; arXiv 2106.08254, appendix):
/// a layer l of L takes the rate times decay^(L − l).
/// </summary>
/// <remarks>
/// Layers follow from the network itself, of any family (<see cref="BlockOrder"/>): the stem is layer 0, each block is one more, in the
/// order in which an image passes them, and the head is the last. What stands between blocks, such as a pooling or a norm, belongs to the
/// block in front of it.
/// </remarks>
public static class LayerDecay
{
    /// <summary>Layer of each weight, from 0 at the stem, by checkpoint key.</summary>
    /// <param name="model">The model.</param>
    public static IReadOnlyDictionary<string, int> Layers(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        HashSet<string> head = [.. model.Network.HeadKeys];
        HashSet<string> weights = [.. model.Parameters.Weights.Variables.Select(variable => variable.Name)];
        string[] keys = [.. InReadingOrder(model).Where(key => weights.Contains(key) && !head.Contains(key))];
        Func<string, string?> blockOf = BlockOrder.BlocksOf(keys);
        Dictionary<string, int> layers = [];
        Dictionary<string, int> blocks = [];
        foreach (string key in keys)
        {
            if (blockOf(key) is string block)
            {
                blocks.TryAdd(block, blocks.Count + 1);
                layers[key] = blocks[block];
            }
            else
            {
                layers[key] = blocks.Count;
            }
        }

        foreach (string key in weights)
        {
            layers.TryAdd(key, blocks.Count + 1);
        }

        return layers;
    }

    /// <summary>Groups of an optimiser that give each layer its rate.</summary>
    /// <param name="model">The model.</param>
    /// <param name="decay">Factor from a layer to the one in front of it, above 0 and at most 1.</param>
    public static IReadOnlyList<ParameterGroup> Groups(Model model, double decay)
    {
        IReadOnlyDictionary<string, int> layers = Layers(model);
        int last = layers.Values.Max();
        return
        [
            .. Enumerable.Range(0, last).Select(layer => new ParameterGroup(
                variable => layers.TryGetValue(variable.Name, out int own) && own == layer, Math.Pow(decay, last - layer))),
        ];
    }

    /// <summary>Keys of the weights in the order in which the network reads them.</summary>
    private static IEnumerable<string> InReadingOrder(Model model) => InferenceGraph.Build(model.Network, 1).Nodes
        .Select(node => node.Operation)
        .OfType<ReadVariable>()
        .Select(read => read.Variable.Name);
}
