using Fovea.Engine.Compile;
using Fovea.Engine.Compile.Passes;
using Fovea.Engine.Execution;
using Fovea.Engine.Execution.Cpu;
using Fovea.Engine.Graph;

namespace Fovea.Engine.Tests.Compile;

/// <summary>Compiles graphs, fills their inputs by name and gives back what a run wrote.</summary>
internal static class GraphRun
{
    /// <summary>One thread, for everything that does not ask how many there are.</summary>
    public static WorkerPool Single { get; } = new(1);

    /// <summary>Runs a graph once.</summary>
    /// <param name="graph">What to run.</param>
    /// <param name="inputs">Values for the inputs.</param>
    /// <param name="fused">Whether the passes run.</param>
    /// <param name="pool">The threads; one where none is given.</param>
    public static Dictionary<string, float[]> Outputs(
        ComputeGraph graph, IReadOnlyDictionary<string, float[]> inputs, bool fused = true, WorkerPool? pool = null)
    {
        using Plan plan = fused ? Plan.Compile(graph, pool ?? Single) : CompileUnfused(graph, pool ?? Single);
        return Outputs(plan, inputs);
    }

    /// <summary>Compiles a graph as it stands, each element-wise node by itself: the peer of the passes.</summary>
    public static Plan CompileUnfused(ComputeGraph graph, WorkerPool pool, ParameterBlock? gradients = null) =>
        new CpuPlan(new FusePointwise(new CostModel { MaxPointwiseNodes = 1 }).Run(graph), pool, new PlanOptions { Gradients = gradients });

    /// <summary>Calls and buffers of a plan.</summary>
    public static PlanBuilder Builder(this Plan plan) => ((CpuPlan)plan).Builder;

    /// <summary>Runs a plan once.</summary>
    public static Dictionary<string, float[]> Outputs(Plan plan, IReadOnlyDictionary<string, float[]> inputs)
    {
        foreach (string name in plan.Graph.Inputs.Keys)
        {
            inputs[name].CopyTo(plan.Input(name));
        }

        plan.Run();
        return plan.Graph.Outputs.Keys.ToDictionary(name => name, name => plan.Output(name).ToArray());
    }

    /// <summary>Values between −1 and 1 that depend on name and index alone.</summary>
    public static float[] Values(string name, Shape shape)
    {
        KeyedRandom random = new(17, KeyedRandom.KeyOf(name));
        float[] values = new float[shape.Elements];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)random.NextDouble(-1, 1);
        }

        return values;
    }

    /// <summary>Variables with memory, filled by their names.</summary>
    public static VariableBlock Block(params ReadOnlySpan<Variable> variables)
    {
        VariableBlock block = new([.. variables]);
        foreach (Variable variable in variables)
        {
            Values(variable.Name, variable.Shape).CopyTo(variable.Data);
        }

        return block;
    }

    /// <summary>Fails where two results differ by more than rounding.</summary>
    public static void Near(
        IReadOnlyDictionary<string, float[]> expected,
        IReadOnlyDictionary<string, float[]> actual,
        string what,
        double tolerance = 1e-4)
    {
        foreach ((string name, float[] want) in expected)
        {
            double scale = 1 + want.Max(Math.Abs);
            for (int i = 0; i < want.Length; i++)
            {
                double distance = Math.Abs(want[i] - actual[name][i]);
                Assert.True(distance <= tolerance * scale, $"{what}: {name}[{i}] is {actual[name][i]:g7}, expected {want[i]:g7}");
            }
        }
    }
}
