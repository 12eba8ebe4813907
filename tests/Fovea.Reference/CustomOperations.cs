using Fovea.Engine.Compile.Cpu;

namespace Fovea.Reference;

/// <summary>Runs the arithmetic that an operation from outside the engine brings along.</summary>
internal static class CustomOperations
{
    /// <summary>Computes all parts.</summary>
    public static void Run(CustomOperation operation, NodeRun run)
    {
        // The engine alone makes the memory that such an operation is given: a plan of this node.
        ComputeGraph graph = new();
        Value[] operands = [.. run.Node.Inputs.Select((input, i) => graph.Input($"{i}", input.Shape, input.Type.ElementType))];
        Node node = graph.Add(operation, operands);
        for (int i = 0; i < node.Outputs.Length; i++)
        {
            graph.Output($"{i}", node.Outputs[i]);
        }

        using WorkerPool pool = new(1);
        using Plan plan = Plan.Compile(graph, pool);
        for (int i = 0; i < operands.Length; i++)
        {
            if (operands[i].Type.ElementType == ElementType.Int32)
            {
                run.Integers(i).CopyTo(plan.IntegerInput($"{i}"));
            }
            else
            {
                run.In(i).CopyTo(plan.Input($"{i}"));
            }
        }

        plan.Run();
        for (int i = 0; i < node.Outputs.Length; i++)
        {
            plan.Output($"{i}").CopyTo(run.Out(i));
        }
    }
}
