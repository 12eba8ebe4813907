using System.Collections.Immutable;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// Lets go of what is cheap to compute again: an element-wise result, a normalisation or a widening product that is read soon after it was
/// computed and once more much later, by the backward pass, is computed a second time just before. In between its memory serves others.
/// What it is computed from must be kept anyway, or be computed again itself (arXiv 1604.06174, restricted to what costs next to nothing).
/// Then, within a small share of the step's arithmetic, the same goes for products that stand in memory when most is in use, those of the
/// fewest terms first.
/// </summary>
/// <param name="costs">The figures by which a second computation is weighed against memory.</param>
internal sealed class RecomputeForBackward(CostModel costs) : GraphRewriter
{
    private readonly Dictionary<Value, int> _lastUse = [];
    private readonly Dictionary<Value, int> _lateFrom = [];
    private readonly Dictionary<Value, (Value Value, int LastUse)> _again = [];
    // More nodes in a row are not worth what they give back.
    private const int MostRepeated = 8;

    private readonly HashSet<Value> _products = [];
    private readonly HashSet<Value> _operandsOfProducts = [];

    /// <inheritdoc/>
    protected override void Prepare()
    {
        foreach (Node node in Source.Nodes.Where(Uses.IsNeeded))
        {
            foreach (Value input in node.Inputs)
            {
                _lastUse[NodeMemory.Root(input)] = node.Index;
            }
        }

        foreach (Node node in Source.Nodes.Where(Uses.IsNeeded))
        {
            foreach (Value value in node.Outputs.Where(IsCheap))
            {
                if (FirstLateUse(value) is int late && node.Inputs.All(input => IsThere(input, late)))
                {
                    _lateFrom.Add(value, late);
                }
            }
        }

        AddProducts();
    }

    /// <inheritdoc/>
    protected override void Rewrite(Node node)
    {
        if (node.Operation is Input or ReadVariable)
        {
            Copy(node);
            return;
        }

        if (node.Operation is Reshape && IsLateAlone(NodeMemory.Root(node.Outputs[0])))
        {
            return;
        }

        // What is needed late alone is not computed early.
        int[] kept =
            [.. Enumerable.Range(0, node.Outputs.Length).Where(i => node.Operation is not PointwiseChain || !IsLateAlone(node.Outputs[i]))];
        Operation operation = kept.Length < node.Outputs.Length ? Only((PointwiseChain)node.Operation, kept) : node.Operation;
        Node copy = Target.Add(
            operation, [.. node.Inputs.Select(input => IsLate(input, node.Index) ? Again(input, node.Index) : Mapped(input))]);
        for (int i = 0; i < kept.Length; i++)
        {
            Map(node.Outputs[kept[i]], copy.Outputs[i]);
        }
    }

    private void AddProducts()
    {
        long budget = (long)(costs.RecomputedShare * Source.Nodes.Where(Uses.IsNeeded).Sum(node => node.MultiplyAdds));
        int peak = new NodeMemory(Source, Uses).PeakOf(Source.Nodes).At;
        IEnumerable<Repetition> repetitions = Source.Nodes
            .Where(node => Uses.IsNeeded(node) && node.Index < peak)
            .SelectMany(node => node.Outputs)
            .Where(value => IsRepeatable(value) && !_lateFrom.ContainsKey(value))
            .Select(value => FirstLateUse(value) is int late && late > peak ? RepetitionOf(value, late) : null)
            .OfType<Repetition>()
            .OrderBy(repetition => (double)repetition.MultiplyAdds / repetition.Value.Type.Bytes);
        foreach (Repetition first in repetitions)
        {
            // What was decided meanwhile counts: nothing is computed again from what is itself computed again at some cost.
            if (!_operandsOfProducts.Contains(first.Value)
                && RepetitionOf(first.Value, first.Late) is Repetition repetition
                && repetition.MultiplyAdds <= budget)
            {
                budget -= repetition.MultiplyAdds;
                if (repetition.MultiplyAdds > 0)
                {
                    _products.UnionWith(repetition.Again);
                    _operandsOfProducts.UnionWith(repetition.Operands);
                }

                foreach (Value again in repetition.Again)
                {
                    _lateFrom.TryAdd(again, repetition.Late);
                }
            }
        }
    }

    private Repetition? RepetitionOf(Value value, int late)
    {
        Repetition repetition = new(value, late);
        return Collect(value, repetition) ? repetition : null;
    }

    private bool Collect(Value value, Repetition repetition)
    {
        if (repetition.Again.Count == MostRepeated || !repetition.Again.Add(value))
        {
            return false;
        }

        foreach (Value operand in value.Producer.Inputs.Select(NodeMemory.Root).Where(operand => !repetition.Again.Contains(operand)))
        {
            // What is read for the last time shortly before is kept for that moment.
            bool kept = IsThere(operand, repetition.Late - costs.MinRecomputeDistance);
            if (kept)
            {
                CollectKept(operand, repetition.Operands);
            }

            if (kept ? repetition.Operands.Overlaps(_products) : !IsRepeatable(operand) || !Collect(operand, repetition))
            {
                return false;
            }
        }

        return true;
    }

    // Values that are read from memory where a value is or is computed again.
    private void CollectKept(Value value, HashSet<Value> kept)
    {
        if (!_lateFrom.ContainsKey(value) || _products.Contains(value))
        {
            kept.Add(value);
            return;
        }

        foreach (Value operand in value.Producer.Inputs.Select(NodeMemory.Root))
        {
            CollectKept(operand, kept);
        }
    }

    private bool IsRepeatable(Value value) => IsCheap(value)
        || (value.Shape.Elements >= costs.MinRecomputedElements
            && value.Producer is { Operation: MatMul, Inputs: [_, { Shape.Rank: 2 }, ..] });

    private bool IsCheap(Value value) => value.Shape.Elements >= costs.MinRecomputedElements && value.Producer.Operation switch
    {
        PointwiseChain chain => !chain.Results[value.OutputIndex].ColumnSum,
        LayerNormalization => value.OutputIndex == 0,
        MatMul product => Widens(product, value.Producer),
        Resize => true,
        _ => false,
    };

    // A product of few terms that makes a map several times as large as its operand: the first of ResNet's stages live from such.
    private bool Widens(MatMul product, Node node)
    {
        (long batch, _, int columns, int depth) = MatMul.Extents(product, node.Inputs[0].Shape, node.Inputs[1].Shape);
        return batch == 1 && depth <= costs.MaxRecomputedTerms && columns >= 4 * depth;
    }

    private static PointwiseChain Only(PointwiseChain chain, ReadOnlySpan<int> outputs)
    {
        ImmutableArray<PointwiseResult>.Builder results = ImmutableArray.CreateBuilder<PointwiseResult>(outputs.Length);
        foreach (int output in outputs)
        {
            results.Add(chain.Results[output]);
        }

        return chain.With(results.MoveToImmutable());
    }

    private bool IsLate(Value value, int index) => _lateFrom.TryGetValue(NodeMemory.Root(value), out int late) && late <= index;

    // Whether an operand costs no memory that is not taken anyway when something is computed from it again.
    private bool IsThere(Value operand, int late)
    {
        Value root = NodeMemory.Root(operand);
        return root.Shape.Elements < costs.MinRecomputedElements
            || root.Producer.Operation is Input or ReadVariable
            || Uses.IsResult(root)
            || _lateFrom.ContainsKey(root)
            || _lastUse[root] >= late;
    }

    // The first use behind the widest stretch without one, where that is wide enough.
    private int? FirstLateUse(Value value)
    {
        if (IsGivenOut(value))
        {
            return null;
        }

        int previous = value.Producer.Index;
        int widest = costs.MinRecomputeDistance;
        int? late = null;
        foreach (int use in UsesOf(value).Order())
        {
            if (use - previous >= widest)
            {
                (widest, late) = (use - previous, use);
            }

            previous = use;
        }

        // A node of which nothing is needed early stands where it stands for a reason.
        return late is int first && value.Producer.Outputs.Any(output => UsesOf(output).Any(use => use < first)) ? late : null;
    }

    private bool IsLateAlone(Value value) => _lateFrom.TryGetValue(value, out int late) && UsesOf(value).All(use => use >= late);

    private bool IsGivenOut(Value value) => Uses.IsResult(value) || Uses.Consumers(value).Any(consumer =>
        consumer.Operation is Reshape && IsGivenOut(consumer.Outputs[0]));

    private IEnumerable<int> UsesOf(Value value) => Uses.Consumers(value).SelectMany(consumer =>
        consumer.Operation is Reshape ? UsesOf(consumer.Outputs[0]) : [consumer.Index]);

    // What stands in the new graph for the second computation of a value; for a third one, where the second lies far back again.
    private Value Again(Value value, int index)
    {
        if (_again.TryGetValue(value, out (Value Value, int LastUse) known) && index - known.LastUse < costs.RecomputedLifetime)
        {
            _again[value] = (known.Value, index);
            return known.Value;
        }

        Node producer = value.Producer;
        Value[] operands =
        [
            .. producer.Inputs.Select(
                input => _lateFrom.ContainsKey(NodeMemory.Root(input)) ? Again(input, index) : Mapped(input)),
        ];
        using (Target.EnterPath(producer.Path))
        {
            Value again = producer.Operation is PointwiseChain chain
                ? Target.Repeat(Only(chain, [value.OutputIndex]), operands).Outputs[0]
                : Target.Repeat(producer.Operation, operands).Outputs[0];
            _again[value] = (again, index);
            return again;
        }
    }

    /// <summary>A second computation of a value, with all that must be computed again for it.</summary>
    private sealed record Repetition(Value Value, int Late)
    {
        /// <summary>Values that are computed a second time.</summary>
        public HashSet<Value> Again { get; } = [];

        /// <summary>Values that are read from memory for them.</summary>
        public HashSet<Value> Operands { get; } = [];

        /// <summary>Multiply-adds of the values that are computed a second time.</summary>
        public long MultiplyAdds => Again.Sum(value => value.Producer.MultiplyAdds);
    }
}
