using System.Collections.Immutable;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// Joins neighbouring element-wise nodes, and the sums over all leading axes that read them, into <see cref="PointwiseChain"/>s.
/// Cheap results whose operands lie in memory anyway are computed again by each chain that needs them instead of being stored.
/// </summary>
/// <param name="costs">The most nodes and operands that run together; with one node nothing is joined or repeated.</param>
internal sealed class FusePointwise(CostModel costs) : GraphRewriter
{
    private PointwiseGroups _groups = null!;

    /// <inheritdoc/>
    protected override void Prepare() => _groups = new PointwiseGroups(Source, Uses, costs);

    /// <inheritdoc/>
    protected override IEnumerable<Node> Order() => _groups.Order();

    /// <inheritdoc/>
    protected override void Rewrite(Node node)
    {
        if (_groups.GroupOf(node) is PointwiseGroup group)
        {
            if (group.Last == node)
            {
                Emit(group);
            }
        }
        else if (!_groups.IsInline(node) && node.Inputs.All(HasReplacement))
        {
            // Without a replacement is only a reshape between two members of one group.
            Copy(node);
        }
    }

    private void Emit(PointwiseGroup group)
    {
        Dictionary<OperandUse, int> operandRegisters = [];
        List<Value> operands = [];
        foreach (Node member in group.Members)
        {
            CollectOperands(member);
        }

        Dictionary<Node, int> registers = [];
        List<PointwiseInstruction> instructions = [];
        List<(Value Old, PointwiseResult Result)> results = [];
        foreach (Node member in group.Members)
        {
            if (member.Operation is Reduction)
            {
                Value summed = member.Inputs[0];
                results.Add(
                    (member.Outputs[0], new PointwiseResult(Register(summed, summed.Shape), member.Outputs[0].Shape, ColumnSum: true)));
            }
            else
            {
                int register = Compute(member);
                if (_groups.IsNeededOutside(member.Outputs[0], group))
                {
                    results.Add((member.Outputs[0], new PointwiseResult(register, member.Outputs[0].Shape, ColumnSum: false)));
                }
            }
        }

        Shape space = group.Members[0].Operation is Reduction ? group.Members[0].Inputs[0].Shape : group.Members[0].Outputs[0].Shape;
        PointwiseChain chain = new(
            space, [.. operandRegisters.Keys.Select(key => key.Space)], [.. instructions], [.. results.Select(result => result.Result)]);
        Node fused = Target.Add(chain, [.. operands.Select(Mapped)]);
        for (int i = 0; i < results.Count; i++)
        {
            Map(results[i].Old, fused.Outputs[i]);
        }

        void CollectOperands(Node member)
        {
            foreach (Value input in member.Inputs)
            {
                Value value = PointwiseGroups.Resolve(input);
                if (_groups.IsInline(value.Producer))
                {
                    CollectOperands(value.Producer);
                }
                else if (_groups.GroupOf(value.Producer) != group)
                {
                    Shape useSpace = member.Operation is Reduction ? input.Shape : member.Outputs[0].Shape;
                    if (operandRegisters.TryAdd(new OperandUse(input, useSpace), operands.Count))
                    {
                        operands.Add(input);
                    }
                }
            }
        }

        int Register(Value input, Shape useSpace)
        {
            Value value = PointwiseGroups.Resolve(input);
            return _groups.IsInline(value.Producer) || _groups.GroupOf(value.Producer) == group
                ? Compute(value.Producer)
                : operandRegisters[new OperandUse(input, useSpace)];
        }

        int Compute(Node member)
        {
            if (!registers.TryGetValue(member, out int register))
            {
                ImmutableArray<int> sources = [.. member.Inputs.Select(input => Register(input, member.Outputs[0].Shape))];
                instructions.Add(new PointwiseInstruction(member.Operation, sources));
                register = operands.Count + instructions.Count - 1;
                registers.Add(member, register);
            }

            return register;
        }
    }

    private sealed record OperandUse(Value Value, Shape Space);
}
