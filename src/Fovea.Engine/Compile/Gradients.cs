using Fovea.Engine.Graph;

namespace Fovea.Engine.Compile;

/// <summary>Reverse-mode differentiation: adds the nodes that compute gradients to the graph that holds the loss.</summary>
public static class Gradients
{
    /// <summary>The gradients of a scalar with respect to values; null where the scalar does not depend on one.</summary>
    /// <param name="loss">A value of one element.</param>
    /// <param name="targets">Variables to differentiate by.</param>
    /// <param name="upstream">The gradient of the loss itself, 1 where it is not given.</param>
    /// <exception cref="ShapeException">The loss has more than one element and no upstream gradient is given.</exception>
    /// <exception cref="NotSupportedException">An operation on the way has no gradient.</exception>
    public static IReadOnlyList<Value?> Of(Value loss, IReadOnlyList<Value> targets, Value? upstream = null)
    {
        ComputeGraph graph = loss.Graph;
        if (upstream is null && loss.Shape.Elements != 1)
        {
            throw new ShapeException($"only a value of one element is differentiated without an upstream gradient, got {loss.Shape}");
        }

        bool[] depends = DependsOn(graph, targets);
        Dictionary<Value, Value> gradients = new() { [loss] = upstream ?? graph.Filled(loss.Shape, 1) };
        for (int index = loss.Producer.Index; index >= 0; index--)
        {
            Node node = graph.Nodes[index];
            if (!depends[index] || node.Inputs.IsEmpty)
            {
                continue;
            }

            Value?[] outputGradients = [.. node.Outputs.Select(output => gradients.GetValueOrDefault(output))];
            if (Array.TrueForAll(outputGradients, gradient => gradient is null))
            {
                continue;
            }

            using (graph.EnterPath(node.Path))
            {
                IReadOnlyList<Value?> inputGradients = node.Operation.Gradient(node, outputGradients);
                for (int i = 0; i < node.Inputs.Length; i++)
                {
                    Value input = node.Inputs[i];
                    if (inputGradients[i] is Value gradient && depends[input.Producer.Index])
                    {
                        gradients[input] = gradients.TryGetValue(input, out Value? sum) ? sum + gradient : gradient;
                    }
                }
            }
        }

        return [.. targets.Select(target => gradients.GetValueOrDefault(target))];
    }

    /// <summary>
    /// Writes the gradients of the loss into the gradient block, in each run, for those variables of the list that are trainable now; zeros
    /// where the loss does not depend on one. Parts of the network behind which nothing is trained get no backward pass.
    /// </summary>
    /// <param name="loss">A value of one element.</param>
    /// <param name="variables">Variables; frozen ones are passed over.</param>
    /// <exception cref="ShapeException">The loss has more than one element.</exception>
    /// <exception cref="ArgumentException">The graph writes the gradient of one of the variables already.</exception>
    public static void Write(Value loss, IReadOnlyList<Variable> variables)
    {
        ComputeGraph graph = loss.Graph;
        HashSet<Variable> written = [.. graph.Gradients.Select(gradient => gradient.Variable)];
        Variable[] trained = [.. variables.Where(variable => variable.Trainable)];
        if (trained.FirstOrDefault(variable => !written.Add(variable)) is Variable twice)
        {
            throw new ArgumentException(
                $"The graph writes the gradient of {twice.Name} already: add the losses and differentiate their sum.", nameof(variables));
        }

        Value[] reads = [.. trained.Select(graph.Read)];
        IReadOnlyList<Value?> gradients = Of(loss, reads);
        for (int i = 0; i < reads.Length; i++)
        {
            graph.WriteGradient(trained[i], gradients[i] ?? graph.Filled(reads[i].Shape, 0));
        }
    }

    private static bool[] DependsOn(ComputeGraph graph, IReadOnlyList<Value> targets)
    {
        HashSet<Node> sources = [.. targets.Select(target => target.Producer)];
        bool[] depends = new bool[graph.Nodes.Count];
        foreach (Node node in graph.Nodes)
        {
            depends[node.Index] = sources.Contains(node) || node.Inputs.Any(input => depends[input.Producer.Index]);
        }

        return depends;
    }
}
