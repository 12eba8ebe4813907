using System.Collections.Immutable;
using System.Reflection;
using Fovea.Engine.Compile;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Tests.Compile;

/// <summary>A fault is planted for each rule, past the public members, which would refuse it.</summary>
public sealed class GraphVerifierTests
{
    private readonly Variable _weight = new("weight", [5], trainable: true);
    private readonly ComputeGraph _graph = new(training: true);
    private readonly Value _x;
    private readonly Value _exp;
    private readonly Value _product;

    public GraphVerifierTests()
    {
        _x = _graph.Input("x", [5]);
        _exp = _x.Exp();
        _product = _exp * _graph.Read(_weight);
        _graph.Output("y", _product);
        _graph.Mark("exp", _exp);
        _graph.WriteGradient(_weight, _exp);
        _graph.Assign(_weight, _product);
        Assert.Empty(GraphVerifier.Problems(_graph));
    }

    private List<Node> Nodes => (List<Node>)_graph.Nodes;

    private static Value Foreign => new ComputeGraph().Input("x", [5]).Tanh();

    [Fact]
    public void Operands_behind_their_readers_and_nodes_at_other_places_than_they_say_are_found()
    {
        (Nodes[1], Nodes[3]) = (Nodes[3], Nodes[1]);
        Expect("stands at 1");
        (Nodes[1].Index, Nodes[3].Index) = (1, 3);
        Expect("node 1 (Multiply) stands before its operand node 3 (Exp)");
    }

    [Fact]
    public void Operands_of_other_graphs_are_found()
    {
        Nodes.Add(new Node(_graph, 4, new Unary(UnaryKind.Tanh), [Foreign], [new TensorType([5])], ""));
        Expect("reads Tanh [5] at , which is not in the graph");
    }

    [Fact]
    public void Types_that_shape_rules_do_not_give_are_found()
    {
        Replace(3, new Node(_graph, 3, _product.Producer.Operation, _product.Producer.Inputs, [new TensorType([6])], ""));
        Expect("node 3 (Multiply) should give");
        TensorType integers = new([5], ElementType.Int32);
        Replace(3, new Node(_graph, 3, _product.Producer.Operation, _product.Producer.Inputs, [integers], ""));
        Expect("node 3 (Multiply) should give");
        Replace(3, new Node(_graph, 3, _product.Producer.Operation, [_exp], [new TensorType([5])], ""));
        Expect("node 3 (Multiply): takes 2 operands and got 1");
    }

    [Theory]
    [InlineData("_outputs", "output planted")]
    [InlineData("_marks", "mark planted")]
    [InlineData("_inputs", "input planted")]
    public void Names_of_values_that_are_not_in_the_graph_are_found(string field, string problem)
    {
        Field<OrderedDictionary<string, Value>>(field).Add("planted", Foreign);
        Expect($"the {problem} is Tanh");
    }

    [Theory]
    [InlineData("_gradients", "gradient of bias")]
    [InlineData("_assignments", "assignment to bias")]
    public void Values_of_other_graphs_for_variables_are_found(string field, string problem)
    {
        Field<List<(Variable, Value)>>(field).Add((new Variable("bias", [5], trainable: true), Foreign));
        Expect($"the {problem} is Tanh");
    }

    [Theory]
    [InlineData("_gradients", "gradients")]
    [InlineData("_assignments", "assignments")]
    public void Second_and_unfit_values_for_variables_are_found(string field, string kind)
    {
        List<(Variable, Value)> written = Field<List<(Variable, Value)>>(field);
        written.Add((_weight, _exp));
        Expect($"weight has several {kind}");
        written[^1] = (new Variable("bias", [6], trainable: true), _exp);
        Expect("bias of shape [6] is written");
    }

    [Fact]
    public void Inputs_under_wrong_names_or_none_are_found()
    {
        OrderedDictionary<string, Value> inputs = Field<OrderedDictionary<string, Value>>("_inputs");
        inputs.Add("z", _exp);
        Expect("the input z is node 1 (Exp)");
        inputs.Remove("z");
        inputs.Remove("x");
        Expect("node 0 (Input) is not among the inputs");
    }

    [Fact]
    public void Second_reads_of_a_variable_and_wrong_ones_are_found()
    {
        Nodes.Add(new Node(_graph, 4, new ReadVariable(_weight), [], [new TensorType([5])], ""));
        Expect("node 4 (ReadVariable) is a second read of weight");
        Nodes.RemoveAt(4);
        Field<Dictionary<Variable, Value>>("_variables").Add(new Variable("bias", [5], trainable: true), _exp);
        Expect("stands for bias, but does not read it");
    }

    [Fact]
    public void Nodes_that_no_result_needs_are_found_where_they_are_not_allowed()
    {
        _x.Tanh();
        Expect("no result depends on node 4 (Tanh)");
        Assert.Empty(GraphVerifier.Problems(_graph, allowUnneeded: true));
        _graph.RemoveUnneeded();
        Assert.Empty(GraphVerifier.Problems(_graph));
        Assert.Equal(4, Nodes.Count);
    }

    [Fact]
    public void Nodes_that_should_be_shared_and_shared_ones_that_are_gone_are_found()
    {
        Nodes.Add(new Node(_graph, 4, _exp.Producer.Operation, _exp.Producer.Inputs, [new TensorType([5])], ""));
        Expect("node 4 (Exp) stands beside the node that it should share");
        Nodes.RemoveAt(4);
        Value gone = _x.Tanh();
        Nodes.RemoveAt(4);
        Expect($"node {gone.Producer.Index} (Tanh) is shared in the place of Tanh");
    }

    [Fact]
    public void Chains_whose_registers_or_shapes_do_not_fit_are_found()
    {
        ImmutableArray<PointwiseInstruction> add = [new(new Binary(BinaryKind.Add), [0, 1])];
        ImmutableArray<PointwiseResult> result = [new(2, [4, 3], ColumnSum: false)];
        TensorType[] inputs = [new([4, 3]), new([3])];
        PointwiseChain whole = new([4, 3], [[4, 3], [4, 3]], add, result);
        Assert.Equal([new TensorType([4, 3])], whole.Infer(inputs));
        foreach (PointwiseChain broken in (PointwiseChain[])[
            whole with { Instructions = [new(new Binary(BinaryKind.Add), [0, 2])] },
            whole with { Instructions = [new(new Binary(BinaryKind.Add), [0])] },
            whole with { Instructions = [new(new Softmax(), [0])] },
            whole with { Results = [new(3, [4, 3], ColumnSum: false)] },
            whole with { Results = [new(2, [4, 4], ColumnSum: false)] },
            whole with { Results = [new(2, [4, 3], ColumnSum: true)] },
            whole with { Space = [2, 3] },
            whole with { OperandSpaces = [[4, 3], [12]] }])
        {
            Assert.Throws<ShapeException>(() => broken.Infer(inputs));
        }
    }

    [Fact]
    public void A_broken_graph_is_named_with_its_pass()
    {
        _x.Tanh();
        string message = Assert.Throws<InvalidOperationException>(() => GraphVerifier.Check(_graph, "some-pass")).Message;
        Assert.StartsWith(
            "The graph after some-pass is not consistent: no result depends on node 4 (Tanh)", message, StringComparison.Ordinal);
        Assert.Contains("%4 [5] = Tanh %x", message, StringComparison.Ordinal);
    }

    private void Expect(string problem) =>
        Assert.Contains(GraphVerifier.Problems(_graph), found => found.Contains(problem, StringComparison.Ordinal));

    private void Replace(int index, Node node) => Nodes[index] = node;

    private T Field<T>(string name) =>
        (T)typeof(ComputeGraph).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(_graph)!;
}
