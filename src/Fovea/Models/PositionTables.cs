using Fovea.Engine.Compile.Cpu;
using Fovea.Layers;

namespace Fovea.Models;

/// <summary>Carries position tables from a network made for one picture size to the same network made for another.</summary>
public static class PositionTables
{
    /// <summary>
    /// Copies all tensors of one state into another. Where shapes differ only in the two last axes of a table of three, each matrix is resized
    /// by bicubic interpolation (arXiv 2107.06263, section 3.2).
    /// </summary>
    /// <exception cref="ShapeException">Another tensor has another shape, or is missing.</exception>
    public static void Resize(ModuleState source, ModuleState target)
    {
        foreach ((string name, Parameter tensor) in target.Tensors)
        {
            if (!source.Tensors.TryGetValue(name, out Parameter? original))
            {
                throw new ShapeException($"the tensor {name} is missing");
            }

            Resize(name, original.Shape, original.Variable.Data, tensor.Shape, tensor.Variable.Data);
        }
    }

    /// <summary>Copies one tensor, resizing it where it is a table (heads, N, M) of other extents.</summary>
    /// <exception cref="ShapeException">The shapes differ in another way.</exception>
    public static void Resize(string name, Shape from, ReadOnlySpan<float> values, Shape to, Span<float> result)
    {
        if (from.Equals(to))
        {
            values.CopyTo(result);
            return;
        }

        if (from.Rank != 3 || to.Rank != 3 || from[0] != to[0])
        {
            throw new ShapeException($"the tensor {name} has shape {from} where {to} is expected");
        }

        ComputeGraph graph = new();
        Value table = graph.Input("table", [.. from, 1]);
        graph.Output("resized", table.Resample(Interpolation.Bicubic, to[1], to[2]));
        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        values.CopyTo(plan.Input("table"));
        plan.Run();
        plan.Output("resized").CopyTo(result);
    }
}
