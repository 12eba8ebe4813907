using Fovea.Engine.Execution;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>Carries position embeddings from a network made for one image size to the same network made for another.</summary>
internal static class PositionTransfer
{
    /// <summary>Copies all tensors of one store into another; those that belong to an image size are resized as their layers say.</summary>
    /// <param name="source">Tensors to copy.</param>
    /// <param name="target">Tensors that are filled.</param>
    /// <param name="keys">Choice of the target's tensors; all of them where null.</param>
    /// <exception cref="ShapeException">Another tensor has another shape, or is missing.</exception>
    public static void Resize(ParameterStore source, ParameterStore target, Func<string, bool>? keys = null)
    {
        foreach ((string name, Parameter tensor) in target.Tensors)
        {
            if (keys?.Invoke(name) == false)
            {
                continue;
            }

            if (!source.Tensors.TryGetValue(name, out Parameter? original))
            {
                throw new ShapeException($"the tensor {name} is missing");
            }

            Resize(tensor, original.Shape, original.Variable.Data, tensor.Variable.Data);
        }
    }

    /// <summary>Fills one tensor from values of the same or another image size.</summary>
    /// <param name="tensor">Tensor that is filled.</param>
    /// <param name="from">The shape of the values, laid out as the engine stores them.</param>
    /// <param name="values">The values.</param>
    /// <param name="result">As long as the tensor.</param>
    /// <exception cref="ShapeException">The shapes differ in a way that resizing does not explain.</exception>
    public static void Resize(Parameter tensor, Shape from, ReadOnlySpan<float> values, Span<float> result)
    {
        if (from.Equals(tensor.Shape))
        {
            values.CopyTo(result);
            return;
        }

        if (tensor.Resizing?.Fits(from, tensor.Shape) != true)
        {
            throw new ShapeException($"the tensor {tensor.Variable.Name} has shape {from} where {tensor.Shape} is expected");
        }

        ComputeGraph graph = new();
        graph.Output("resized", tensor.Resizing.Apply(graph.Input("embedding", from), tensor.Shape));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        values.CopyTo(plan.Input("embedding"));
        plan.Run();
        plan.Output("resized").CopyTo(result);
    }
}
