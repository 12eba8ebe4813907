using System.Collections.Immutable;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// Adds the terms of a sum in the order in which they are computed, each as soon as it is there, where they lie far apart: gradients of
/// what several losses or several parts of a network read. Otherwise all of them are in memory until the last is known.
/// </summary>
/// <param name="costs">The figures that tell which sums are worth it.</param>
internal sealed class AddUpInOrder(CostModel costs) : GraphRewriter
{
    private const int FewestTerms = 3;

    private readonly Dictionary<Node, ImmutableArray<Value>> _sums = [];
    private readonly Dictionary<Value, Node> _sumOf = [];
    private readonly Dictionary<Node, Value> _partial = [];

    /// <inheritdoc/>
    protected override void Prepare()
    {
        foreach (Node node in Source.Nodes.Where(Uses.IsNeeded))
        {
            if (TermsOf(node) is { Length: >= FewestTerms } terms
                && terms[^1].Producer.Index - terms[0].Producer.Index >= costs.MinRecomputeDistance)
            {
                _sums.Add(node, terms);
                foreach (Value term in terms[..^1])
                {
                    _sumOf.Add(term, node);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void Rewrite(Node node)
    {
        if (_sums.TryGetValue(node, out ImmutableArray<Value> terms))
        {
            AddRest(node, terms);
        }
        else
        {
            Copy(node);
        }

        foreach (Value term in node.Outputs.Where(_sumOf.ContainsKey))
        {
            Node sum = _sumOf[term];
            _partial[sum] = _partial.TryGetValue(sum, out Value? partial) ? Sum(partial, Mapped(term)) : Mapped(term);
        }
    }

    /// <summary>The terms that a chain begins with, in the order in which they are computed.</summary>
    private ImmutableArray<Value> TermsOf(Node node)
    {
        if (node.Operation is not PointwiseChain chain || chain.Space.Elements < costs.MinRecomputedElements)
        {
            return [];
        }

        int[] reads = new int[chain.OperandSpaces.Length + chain.Instructions.Length];
        foreach (int register in chain.Instructions.SelectMany(instruction => instruction.Operands)
            .Concat(chain.Results.Select(result => result.Register)))
        {
            reads[register]++;
        }

        List<int> terms = [];
        for (int i = 0; i < chain.Instructions.Length && chain.Instructions[i] is { Operation: Binary { Kind: BinaryKind.Add } } add; i++)
        {
            int before = chain.OperandSpaces.Length + i - 1;
            int[] added = [.. add.Operands.Where(register => i == 0 || register != before)];
            if (added.Length != (i == 0 ? 2 : 1) || !added.All(IsTerm) || (i > 0 && reads[before] != 1))
            {
                break;
            }

            terms.AddRange(added);
        }

        return [.. terms.Select(term => node.Inputs[term]).OrderBy(term => term.Producer.Index).ThenBy(term => term.OutputIndex)];

        bool IsTerm(int register) => register < node.Inputs.Length
            && reads[register] == 1
            && node.Inputs[register].Shape.Elements == chain.Space.Elements
            && Uses.OnlyConsumer(node.Inputs[register]) == node;
    }

    // The chain with the sum so far and the last term in place of all terms.
    private void AddRest(Node node, ImmutableArray<Value> terms)
    {
        PointwiseChain chain = (PointwiseChain)node.Operation;
        int[] others = [.. Enumerable.Range(0, node.Inputs.Length).Where(operand => !terms.Contains(node.Inputs[operand]))];
        int added = terms.Length - 1;
        int operands = 2 + others.Length;
        PointwiseChain rest = chain with
        {
            OperandSpaces = [terms[0].Shape, terms[^1].Shape, .. others.Select(operand => chain.OperandSpaces[operand])],
            Instructions =
            [
                new PointwiseInstruction(new Binary(BinaryKind.Add), [0, 1]),
                .. chain.Instructions.Skip(added).Select(
                    instruction => instruction with { Operands = [.. instruction.Operands.Select(Moved)] }),
            ],
            Results = [.. chain.Results.Select(result => result with { Register = Moved(result.Register) })],
        };
        Node copy = Target.Add(rest, [_partial[node], Mapped(terms[^1]), .. others.Select(operand => Mapped(node.Inputs[operand]))]);
        for (int i = 0; i < node.Outputs.Length; i++)
        {
            Map(node.Outputs[i], copy.Outputs[i]);
        }

        int Moved(int register) => register < node.Inputs.Length
            ? 2 + Array.IndexOf(others, register)
            : operands + register - node.Inputs.Length - added + 1;
    }

    private Value Sum(Value left, Value right) => Target.Add(
        new PointwiseChain(
            right.Shape,
            [left.Shape, right.Shape],
            [new PointwiseInstruction(new Binary(BinaryKind.Add), [0, 1])],
            [new PointwiseResult(2, right.Shape, ColumnSum: false)]),
        [left, right]).Outputs[0];
}
