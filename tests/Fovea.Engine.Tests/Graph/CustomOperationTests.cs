using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Graph;

/// <summary>
/// x³, as someone outside the engine would write it. <see cref="OperationCases"/> holds it to what every operation promises.
/// </summary>
internal sealed record Cube : CustomOperation
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        RequireFloats(inputs, 1);
        return [inputs[0]];
    }

    public override IReadOnlyList<Value?> Gradient(Node node, IReadOnlyList<Value?> outputGradients) =>
        [outputGradients[0]! * node.Inputs[0] * node.Inputs[0] * 3];

    public override int Parts(Node node) => 3;

    public override void Compute(OperationRun run)
    {
        (int start, int end) = run.Share(run.Input().Length);
        for (int i = start; i < end; i++)
        {
            run.Output()[i] = run.Input()[i] * run.Input()[i] * run.Input()[i];
        }
    }
}

public class CustomOperationTests
{
    /// <summary>
    /// Rows of a table by index, and the first part of the range that each was picked in: two results, an operand of integers.
    /// </summary>
    private sealed record Pick : CustomOperation
    {
        public int PartsGiven { get; init; } = 4;

        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) =>
            [new TensorType([inputs[1].Shape[0], inputs[0].Shape[1]]), new TensorType([inputs[1].Shape[0]])];

        public override int Parts(Node node) => PartsGiven;

        public override void Compute(OperationRun run)
        {
            int width = run.Node.Inputs[0].Shape[1];
            (int start, int end) = run.Share(run.IntegerInput(1).Length);
            for (int row = start; row < end; row++)
            {
                run.Input().Slice(run.IntegerInput(1)[row] * width, width).CopyTo(run.Output(0)[(row * width)..]);
                run.Output(1)[row] = run.First;
            }
        }
    }

    private sealed record ReadsIntegersAsFloats : CustomOperation
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [new TensorType(inputs[0].Shape)];

        public override void Compute(OperationRun run) => run.Input().CopyTo(run.Output());
    }

    /// <summary>The index of the largest element of each row, and how many elements are at least as large as half of it.</summary>
    private sealed record Largest : CustomOperation
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
        {
            RequireFloats(inputs, 1);
            TensorType rows = new([inputs[0].Shape[0]], ElementType.Int32);
            return [rows, rows with { ElementType = ElementType.UInt8 }];
        }

        public override int Parts(Node node) => node.Inputs[0].Shape[0];

        public override void Compute(OperationRun run)
        {
            int columns = run.Node.Inputs[0].Shape[1];
            for (int row = run.First; row < run.Last; row++)
            {
                float[] values = [.. run.Input().Slice(row * columns, columns)];
                run.IntegerOutput(0)[row] = values.IndexOf(values.Max());
                run.ByteOutput(1)[row] = (byte)values.Count(value => value >= values.Max() / 2);
            }
        }
    }

    /// <summary>Bytes and integers, added as floats.</summary>
    private sealed record AddAsFloats : CustomOperation
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
        {
            RequireCount(inputs, 2);
            RequireElementType(inputs, 0, ElementType.UInt8);
            RequireElementType(inputs, 1, ElementType.Int32);
            return [new TensorType(inputs[0].Shape)];
        }

        public override void Compute(OperationRun run)
        {
            for (int i = 0; i < run.Output().Length; i++)
            {
                run.Output()[i] = run.ByteInput(0)[i] + run.IntegerInput(1)[i];
            }
        }
    }

    private sealed record Miscounts : CustomOperation
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];

        public override void Compute(OperationRun run) => run.Input(1).CopyTo(run.Output());
    }

    [Fact]
    public void An_operation_from_outside_writes_and_reads_every_element_type()
    {
        ComputeGraph graph = new();
        Node node = graph.Add(new Largest(), graph.Input("x", [4, 3]));
        graph.Output("sum", graph.Apply(new AddAsFloats(), node.Outputs[1], node.Outputs[0]));
        using WorkerPool pool = new(3);
        using Plan plan = Plan.Compile(graph, pool);
        ((float[])[1, 5, 3, 9, 1, 1, 2, 2, 7, 4, 4, 4]).CopyTo(plan.Input("x"));
        plan.Run();
        Assert.Equal([1 + 2, 0 + 1, 2 + 1, 0 + 3], plan.Output("sum").ToArray());
    }

    [Fact]
    public void An_operation_from_outside_may_have_operands_of_integers_and_several_results()
    {
        foreach (int threads in (int[])[1, 2, 3])
        {
            ComputeGraph graph = new();
            Node node = graph.Add(new Pick(), graph.Input("table", [5, 3]), graph.Input("rows", [9], ElementType.Int32));
            graph.Output("picked", node.Outputs[0].Tanh());
            graph.Output("part", node.Outputs[1]);
            using WorkerPool pool = new(threads);
            using Plan plan = Plan.Compile(graph, pool);
            for (int i = 0; i < 15; i++)
            {
                plan.Input("table")[i] = i;
            }

            int[] rows = [4, 0, 2, 2, 3, 1, 4, 4, 0];
            rows.CopyTo(plan.IntegerInput("rows"));
            plan.Run();
            Assert.Equal(
                rows.SelectMany(row => Enumerable.Range(row * 3, 3)).Select(i => MathF.Tanh(i)),
                plan.Output("picked").ToArray(),
                (a, b) => MathF.Abs(a - b) < 1e-6f);
            Assert.Equal(
                Enumerable.Range(0, Math.Min(threads, 4)).Select(thread => (float)(4 * thread / threads)),
                plan.Output("part").ToArray().Distinct());
        }
    }

    [Fact]
    public void An_operation_without_parts_and_one_that_mistakes_an_operand_are_named()
    {
        ComputeGraph none = new();
        Value table = none.Input("table", [5, 3]);
        none.Output("y", none.Add(new Pick { PartsGiven = 0 }, table, none.Input("rows", [9], ElementType.Int32)).Outputs[0]);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Plan.Compile(none));
        Assert.Contains("Parts gave 0", error.Message, StringComparison.Ordinal);

        ComputeGraph mistaken = new();
        mistaken.Output("y", mistaken.Apply(new ReadsIntegersAsFloats(), mistaken.Input("rows", [9], ElementType.Int32)));
        using Plan plan = Plan.Compile(mistaken);
        Assert.Contains("holds Int32, not Float32", Assert.Throws<InvalidOperationException>(plan.Run).Message, StringComparison.Ordinal);

        ComputeGraph miscounting = new();
        miscounting.Output("y", miscounting.Apply(new Miscounts(), miscounting.Input("x", [9])));
        using Plan wrong = Plan.Compile(miscounting);
        Assert.Contains("has no operand 1", Assert.Throws<ArgumentOutOfRangeException>(wrong.Run).Message, StringComparison.Ordinal);
    }
}
