using Fovea.Engine.Compile;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Tests.Compile;

/// <summary>How the operands of a case are filled.</summary>
internal enum Spread
{
    /// <summary>Between −1 and 1.</summary>
    Around,

    /// <summary>Between 1 and 2.5, for roots, logarithms and divisors.</summary>
    Positive,

    /// <summary>No two of all the operands' values, nor zero, nearer than 0.15: for functions with corners.</summary>
    Apart,
}

/// <summary>An operation on operands of given shapes.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Shapes">The shapes of the operands.</param>
/// <param name="Build">Applies the operation.</param>
/// <param name="Spread">How operands are filled.</param>
internal sealed record OperationCase(string Name, Shape[] Shapes, Func<Value[], Value> Build, Spread Spread = Spread.Around)
{
    /// <summary>The operands' values.</summary>
    public float[][] Operands()
    {
        if (Spread == Spread.Apart)
        {
            return ValuesApart();
        }

        float[][] operands = [.. Shapes.Select((shape, i) => GraphRun.Values($"{Name} {i}", shape))];
        return Spread == Spread.Around
            ? operands
            : [.. operands.Select(values => values.Select(value => 1.75f + (0.75f * value)).ToArray())];
    }

    /// <summary>
    /// The case on inputs "0", "1", …, with the output "y" and, if asked for, its gradients "d0", "d1", … for the upstream gradient
    /// "dy".
    /// </summary>
    public ComputeGraph Graph(bool gradients)
    {
        ComputeGraph graph = new(training: true);
        Value[] operands = [.. Shapes.Select((shape, i) => graph.Input($"{i}", shape))];
        Finish(operands, gradients ? y => graph.Input("dy", y.Shape) : null);
        return graph;
    }

    /// <summary>The same on variables of an inference graph, so that all of it depends on weights alone.</summary>
    public ComputeGraph Graph(IReadOnlyList<Variable> operands, Func<Shape, Variable> upstream)
    {
        ComputeGraph graph = new();
        Finish([.. operands.Select(graph.Read)], y => graph.Read(upstream(y.Shape)));
        return graph;
    }

    /// <summary>Values for the inputs of <see cref="Graph(bool)"/>.</summary>
    public Dictionary<string, float[]> Inputs(ComputeGraph graph)
    {
        Dictionary<string, float[]> inputs = [];
        foreach ((float[] values, int i) in Operands().Select((values, i) => (values, i)))
        {
            inputs.Add($"{i}", values);
        }

        inputs.Add("dy", GraphRun.Values("dy", graph.Outputs["y"].Shape));
        return inputs;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private void Finish(Value[] operands, Func<Value, Value>? upstream)
    {
        ComputeGraph graph = operands[0].Graph;
        Value y = Build(operands);
        graph.Output("y", y);
        if (upstream is not null)
        {
            IReadOnlyList<Value?> gradients = Gradients.Of(y, operands, upstream(y));
            for (int i = 0; i < operands.Length; i++)
            {
                graph.Output($"d{i}", gradients[i] ?? graph.Filled(operands[i].Shape, 0));
            }
        }
    }

    private float[][] ValuesApart()
    {
        int count = (int)Shapes.Sum(shape => shape.Elements);
        Random random = new(5);
        float[] all = [.. Enumerable.Range(0, count).Select(i => ((i - (count / 2)) + 0.5f) * 0.3f)];
        random.Shuffle(all);
        int start = 0;
        return [.. Shapes.Select(shape => all[start..(start += (int)shape.Elements)])];
    }
}
