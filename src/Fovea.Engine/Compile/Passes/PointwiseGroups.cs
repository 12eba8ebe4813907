using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>Element-wise nodes that run in one pass, in order.</summary>
internal sealed class PointwiseGroup
{
    /// <summary>The nodes, operands first.</summary>
    public List<Node> Members { get; } = [];

    /// <summary>The node in whose place the whole group is computed.</summary>
    public Node Last => Members[^1];
}

/// <summary>
/// Decides which element-wise nodes run together. A node joins the groups that produce its operands, or a group that reads the same
/// operand, as long as no way through other nodes leads from the group to the node: then the graph of groups stays free of cycles.
/// </summary>
internal sealed class PointwiseGroups
{
    private readonly ComputeGraph _graph;
    private readonly UseInfo _uses;
    private readonly CostModel _costs;
    private readonly PointwiseGroup?[] _groups;
    private readonly bool[] _inline;
    private readonly Dictionary<Value, PointwiseGroup> _readers = [];
    private readonly Reachability _ancestors;

    /// <summary>Forms the groups of a graph.</summary>
    public PointwiseGroups(ComputeGraph graph, UseInfo uses, CostModel costs)
    {
        _graph = graph;
        _uses = uses;
        _costs = costs;
        _groups = new PointwiseGroup?[graph.Nodes.Count];
        _inline = new bool[graph.Nodes.Count];
        _ancestors = new Reachability(graph.Nodes.Count);
        foreach (Node node in graph.Nodes)
        {
            _inline[node.Index] = costs.MaxPointwiseNodes > 1 && uses.IsNeeded(node) && IsCheapToRepeat(node);
        }

        foreach (Node node in graph.Nodes)
        {
            _ancestors.Add(node);
            if (uses.IsNeeded(node) && IsPointwise(node) && !_inline[node.Index])
            {
                Join(node);
            }
        }
    }

    /// <summary>The group a node belongs to, null where it is not element-wise or is repeated by those who need it.</summary>
    public PointwiseGroup? GroupOf(Node node) => _groups[node.Index];

    /// <summary>True if the node is repeated by each group that needs its result.</summary>
    public bool IsInline(Node node) => _inline[node.Index];

    /// <summary>
    /// Looks through reshapes that keep the last axis to the element-wise node that computes the same elements in the same order.
    /// </summary>
    public static Value Resolve(Value value)
    {
        Value inner = value;
        while (inner.Producer.Operation is Reshape && inner.Producer.Inputs[0].Shape.Last == inner.Shape.Last)
        {
            inner = inner.Producer.Inputs[0];
        }

        return IsElementwise(inner.Producer) && inner.Shape.Elements == value.Shape.Elements ? inner : value;
    }

    /// <summary>True if a member's result is used by anything but its group.</summary>
    public bool IsNeededOutside(Value value, PointwiseGroup group) =>
        _uses.IsResult(value) || _uses.Consumers(value).Any(consumer => consumer.Operation is Reshape
            ? IsNeededOutside(consumer.Outputs[0], group)
            : !Inside(consumer, group));

    /// <summary>The nodes in an order in which each group stands at the place of its last member.</summary>
    public IEnumerable<Node> Order()
    {
        bool[] visited = new bool[_graph.Nodes.Count];
        List<Node> order = [];
        foreach (Node node in _graph.Nodes)
        {
            if (GroupOf(node) is null || GroupOf(node)!.Last == node)
            {
                Visit(node);
            }
        }

        return order;

        void Visit(Node node)
        {
            if (visited[node.Index] || !_uses.IsNeeded(node))
            {
                return;
            }

            if (GroupOf(node) is PointwiseGroup group)
            {
                foreach (Node member in group.Members)
                {
                    visited[member.Index] = true;
                }

                foreach (Value operand in group.Members.SelectMany(Reads).Where(operand => GroupOf(Resolve(operand).Producer) != group))
                {
                    Visit(operand.Producer);
                }

                order.AddRange(group.Members);
            }
            else
            {
                visited[node.Index] = true;
                foreach (Value input in node.Inputs)
                {
                    Visit(input.Producer);
                }

                order.Add(node);
            }
        }
    }

    private static bool IsElementwise(Node node) =>
        node.Operation is Unary or ActivationDerivative or Binary or Where or Power or BroadcastTo;

    private static bool IsColumnSum(Node node) =>
        node.Operation is Reduction { Kind: ReductionKind.Sum, FirstAxis: 0 } sum && sum.Axes == node.Inputs[0].Shape.Rank - 1;

    private static bool IsPointwise(Node node) => IsElementwise(node) || IsColumnSum(node);

    private static Shape Space(Node node) => IsElementwise(node) ? node.Outputs[0].Shape : node.Inputs[0].Shape;

    private bool Inside(Node node, PointwiseGroup group) =>
        GroupOf(node) == group || (IsInline(node) && _uses.Consumers(node.Outputs[0]).All(consumer => Inside(consumer, group)));

    /// <summary>Repeated are nodes that only groups read and whose operands of full size lie in memory in any case.</summary>
    private bool IsCheapToRepeat(Node node)
    {
        if (!IsElementwise(node)
            || _uses.IsResult(node.Outputs[0])
            || node.Operation is Power
                or Unary { Kind: UnaryKind.Gelu or UnaryKind.Exp or UnaryKind.Silu or UnaryKind.Sigmoid or UnaryKind.Tanh })
        {
            return false;
        }

        long elements = node.Outputs[0].Shape.Elements;
        return elements > node.Outputs[0].Shape.Last
            && _uses.Consumers(node.Outputs[0]).All(consumer => IsPointwise(consumer) && Space(consumer).Equals(node.Outputs[0].Shape))
            && _uses.Consumers(node.Outputs[0]).All(consumer => _uses.IsConstant(consumer.Outputs[0]) == _uses.IsConstant(node.Outputs[0]))
            && node.Inputs.All(input => input.Shape.Elements < elements || LiesInMemory(input));
    }

    private bool LiesInMemory(Value value) =>
        !IsElementwise(Resolve(value).Producer)
            || _uses.IsResult(value)
            || _uses.Consumers(value).Any(consumer => !IsPointwise(consumer) && consumer.Operation is not Reshape);

    private void Join(Node node)
    {
        PointwiseGroup? chosen = null;
        Shape space = Space(node);
        List<Value> operands = [.. Operands(node)];
        foreach (Value operand in operands)
        {
            if (GroupOf(operand.Producer) is PointwiseGroup producer && producer != chosen && Fits(producer, node, space, operands))
            {
                if (chosen is null)
                {
                    chosen = producer;
                }
                else
                {
                    MergeIfPossible(chosen, producer);
                }
            }
        }

        if (chosen is null)
        {
            foreach (Value operand in operands)
            {
                if (operand.Shape.Elements == space.Elements
                    && _readers.TryGetValue(operand, out PointwiseGroup? sibling)
                    && node.Index - sibling.Last.Index < _costs.MaxSiblingDistance
                    && Fits(sibling, node, space, operands))
                {
                    chosen = sibling;
                    break;
                }
            }
        }

        if (chosen is null)
        {
            chosen = new PointwiseGroup();
        }
        else
        {
            _ancestors.Unite(chosen.Members[0], node);
        }

        chosen.Members.Add(node);
        _groups[node.Index] = chosen;
        foreach (Value operand in operands)
        {
            if (operand.Shape.Elements == space.Elements)
            {
                _readers[operand] = chosen;
            }
        }
    }

    private bool Fits(PointwiseGroup group, Node node, Shape space, List<Value> operands)
    {
        Shape other = Space(group.Members[0]);
        return other.Elements == space.Elements
            && other.Last == space.Last
            && group.Members.Count < _costs.MaxPointwiseNodes
            && _uses.IsConstant(group.Members[0].Outputs[0]) == _uses.IsConstant(node.Outputs[0])
            && OperandsOf(group).Concat(operands).Distinct().Count() <= _costs.MaxPointwiseOperands
            && !operands.Any(operand => operand.Producer.Operation is Reduction && GroupOf(operand.Producer) == group)
            && !operands.Any(operand => GroupOf(operand.Producer) != group && Reaches(group, operand.Producer));
    }

    private void MergeIfPossible(PointwiseGroup group, PointwiseGroup other)
    {
        Shape a = Space(group.Members[0]);
        Shape b = Space(other.Members[0]);
        if (a.Elements != b.Elements || a.Last != b.Last
            || group.Members.Count + other.Members.Count >= _costs.MaxPointwiseNodes
            || OperandsOf(group).Concat(OperandsOf(other)).Distinct().Count() > _costs.MaxPointwiseOperands
            || OperandsOf(group).Any(operand => operand.Producer.Operation is Reduction && GroupOf(operand.Producer) == other)
            || OperandsOf(other).Any(operand => operand.Producer.Operation is Reduction && GroupOf(operand.Producer) == group)
            || ReachesThroughOthers(group, other)
            || ReachesThroughOthers(other, group))
        {
            return;
        }

        _ancestors.Unite(group.Members[0], other.Members[0]);
        group.Members.AddRange(other.Members);
        group.Members.Sort((left, right) => left.Index.CompareTo(right.Index));
        foreach (Node member in other.Members)
        {
            _groups[member.Index] = group;
        }

        foreach ((Value value, PointwiseGroup reader) in _readers.Where(entry => entry.Value == other).ToList())
        {
            _readers[value] = group;
        }
    }

    /// <summary>The operands of a node, inline operands replaced by their own operands.</summary>
    private IEnumerable<Value> Reads(Node node)
    {
        foreach (Value input in node.Inputs)
        {
            if (IsInline(Resolve(input).Producer))
            {
                foreach (Value operand in Reads(Resolve(input).Producer))
                {
                    yield return operand;
                }
            }
            else
            {
                yield return input;
            }
        }
    }

    private IEnumerable<Value> Operands(Node node) => Reads(node).Select(Resolve);

    private IEnumerable<Value> OperandsOf(PointwiseGroup group) =>
        group.Members.SelectMany(Operands).Where(operand => GroupOf(operand.Producer) != group);

    private bool Reaches(PointwiseGroup group, Node node) => _ancestors.Contains(node, group.Members[0]);

    /// <summary>True if a way of at least one node in between leads from the first group to the second.</summary>
    private bool ReachesThroughOthers(PointwiseGroup from, PointwiseGroup to) =>
        OperandsOf(to).Any(operand => GroupOf(operand.Producer) != from && Reaches(from, operand.Producer));
}
