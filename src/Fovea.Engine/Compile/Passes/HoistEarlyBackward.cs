using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// Puts parts of the backward pass that wait for nothing but an early loss right behind it, where that lowers the most memory in use at a
/// time: a network of several losses then need not keep what leads to the first until the last is known. What a node computes stays the
/// same.
/// </summary>
/// <param name="costs">The figures that tell which values are worth it.</param>
internal sealed class HoistEarlyBackward(CostModel costs) : GraphRewriter
{
    // An operand computed so few nodes ago is not waited behind.
    private const int Near = 4;
    private const int FromTheStart = -1;

    private readonly HashSet<int> _hoisted = [];
    private NodeMemory _memory = null!;

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _memory = new NodeMemory(Source, Uses);
        long peak = _memory.PeakOf(Order()).Bytes;
        foreach (int[] places in Places())
        {
            _hoisted.UnionWith(places);
            long hoisted = _memory.PeakOf(Order()).Bytes;
            if (hoisted < peak)
            {
                peak = hoisted;
            }
            else
            {
                _hoisted.ExceptWith(places);
            }
        }
    }

    /// <inheritdoc/>
    protected override IEnumerable<Node> Order()
    {
        int[] ready = Ready(_hoisted.Contains);
        return _hoisted.Count == 0 ? Source.Nodes : Source.Nodes.OrderBy(node => ready[node.Index]).ThenBy(node => node.Index);
    }

    /// <inheritdoc/>
    protected override void Rewrite(Node node) => Copy(node);

    // Nodes behind which others of enough memory could follow before they do; those of one loss, which lie side by side, together.
    private IEnumerable<int[]> Places()
    {
        int[] ready = Ready(_ => true);
        List<int> places =
        [
            .. Source.Nodes
                .Where(node => Uses.IsNeeded(node) && ready[node.Index] < node.Index && ready[node.Index] > FromTheStart)
                .GroupBy(node => ready[node.Index])
                .Where(group => group.Sum(node => node.Outputs.Sum(output => output.Shape.Elements)) >= costs.MinHoistedElements)
                .Select(group => group.Key)
                .Order(),
        ];
        while (places.Count > 0)
        {
            int count = 1;
            while (count < places.Count && places[count] - places[count - 1] < costs.MinRecomputeDistance)
            {
                count++;
            }

            yield return [.. places.Take(count)];
            places.RemoveRange(0, count);
        }
    }

    /// <summary>
    /// The node behind which each could stand: its own place, unless it waits long for the last of its operands and may be hoisted to that.
    /// </summary>
    private int[] Ready(Func<int, bool> mayFollow)
    {
        int[] ready = new int[Source.Nodes.Count];
        int loss = Source.Outputs.Values.Select(output => output.Producer.Index).DefaultIfEmpty(Source.Nodes.Count).Max();
        foreach (Node node in Source.Nodes)
        {
            int last = node.Inputs.IsEmpty ? FromTheStart : node.Inputs.Max(input => ready[input.Producer.Index]);
            bool inPlace = node.Inputs.Select(input => NodeMemory.Root(input).Producer.Index).Any(operand =>
                ready[operand] == operand && node.Index - operand < Near);
            bool waits = node.Index > loss && last > FromTheStart && !inPlace;
            bool follows = node.Inputs.IsEmpty || node.Operation is Reshape || (waits && mayFollow(last));
            ready[node.Index] = follows ? last : node.Index;
        }

        return ready;
    }
}
