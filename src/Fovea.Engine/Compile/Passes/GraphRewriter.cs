using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Compile.Passes;

/// <summary>
/// The frame of every pass: walks over a graph in order and builds a new one. A pass decides for each node what stands in its place;
/// inputs, outputs, assignments, gradients and the marks of values that still stand are carried over. Nodes that no result needs are left
/// out.
/// </summary>
internal abstract class GraphRewriter
{
    private readonly Dictionary<Value, Value> _mapped = [];

    /// <summary>The graph that is read.</summary>
    protected ComputeGraph Source { get; private set; } = null!;

    /// <summary>The graph that is built.</summary>
    protected ComputeGraph Target { get; private set; } = null!;

    /// <summary>The uses of the old graph's values.</summary>
    protected UseInfo Uses { get; private set; } = null!;

    /// <summary>Runs the pass.</summary>
    public ComputeGraph Run(ComputeGraph source)
    {
        Source = source;
        Target = new ComputeGraph(source.Training);
        Uses = new UseInfo(source);
        Prepare();
        foreach (Node node in Order())
        {
            if (Uses.IsNeeded(node))
            {
                using (Target.EnterPath(node.Path))
                {
                    Rewrite(node);
                }
            }
        }

        foreach ((string name, Value value) in source.Outputs)
        {
            Target.Output(name, Mapped(value));
        }

        foreach ((string name, Value value) in source.Marks.Where(mark => HasReplacement(mark.Value)))
        {
            Target.Mark(name, Mapped(value));
        }

        foreach ((Variable variable, Value value) in source.Assignments)
        {
            Target.Assign(variable, Mapped(value));
        }

        foreach ((Variable variable, Value value) in source.Gradients)
        {
            Target.WriteGradient(variable, Mapped(value));
        }

        foreach ((string name, Value value) in source.Marks)
        {
            if (HasReplacement(value))
            {
                Target.Mark(name, Mapped(value));
            }
        }

        Target.RemoveUnneeded();
        return Target;
    }

    /// <summary>Looks at the whole graph before it is rewritten.</summary>
    protected virtual void Prepare()
    {
    }

    /// <summary>The order in which nodes are rewritten: operands first.</summary>
    protected virtual IEnumerable<Node> Order() => Source.Nodes;

    /// <summary>Gives the values of a node their replacements, with <see cref="Copy"/> or <see cref="Map"/>.</summary>
    protected abstract void Rewrite(Node node);

    /// <summary>The value of the new graph that replaces one of the old graph.</summary>
    protected Value Mapped(Value value) => _mapped[value];

    /// <summary>True if a value of the old graph has its replacement in the new one.</summary>
    protected bool HasReplacement(Value value) => _mapped.ContainsKey(value);

    /// <summary>Sets the value of the new graph that replaces one of the old graph.</summary>
    protected void Map(Value old, Value replacement) => _mapped[old] = replacement;

    /// <summary>Repeats the node in the new graph.</summary>
    protected Node Copy(Node node)
    {
        Node copy = node.Operation switch
        {
            Input input => Target.Input(input.Key, input.Type.Shape, input.Type.ElementType, input.BatchAxis).Producer,
            ReadVariable read => Target.Read(read.Variable).Producer,
            _ => Target.Add(node.Operation, [.. node.Inputs.Select(Mapped)]),
        };
        for (int i = 0; i < node.Outputs.Length; i++)
        {
            Map(node.Outputs[i], copy.Outputs[i]);
        }

        return copy;
    }
}
