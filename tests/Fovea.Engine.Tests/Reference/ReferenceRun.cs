using Fovea.Engine.Graph;
using Fovea.Reference;

namespace Fovea.Engine.Tests.Reference;

/// <summary>Runs graphs by the plain definitions, and compares.</summary>
internal static class ReferenceRun
{
    /// <summary>The name of all gradients among the outputs.</summary>
    public const string Gradients = "gradient block";

    private const double Rounding = 1.0 / (1 << 24);

    /// <summary>What a run gives: outputs by name, and all gradients together where a block of variables is given.</summary>
    public static Dictionary<string, float[]> Outputs(ComputeGraph graph, IReadOnlyDictionary<string, float[]> inputs, VariableBlock? block = null)
    {
        float[] gradients = new float[block?.Length ?? 0];
        ReferencePlan plan = new(
            graph, block is null ? null : variable => gradients.AsSpan((int)block.OffsetOf(variable), (int)variable.Shape.Elements));
        foreach (string name in graph.Inputs.Keys)
        {
            inputs[name].CopyTo(plan.Input(name));
        }

        plan.Run();
        Dictionary<string, float[]> outputs = graph.Outputs.Keys.ToDictionary(name => name, name => plan.Output(name).ToArray());
        if (block is not null)
        {
            outputs.Add(Gradients, gradients);
        }

        return outputs;
    }

    /// <summary>
    /// Fails where two results are farther apart than a number of roundings of the result's largest element (or of 1, where that is larger):
    /// each rounding to float errs by 2⁻²⁴ at most.
    /// </summary>
    public static void Near(IReadOnlyDictionary<string, float[]> expected, IReadOnlyDictionary<string, float[]> actual, string what, int roundings)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach ((string name, float[] want) in expected)
        {
            float[] got = actual[name];
            Assert.Equal(want.Length, got.Length);
            double tolerance = roundings * Rounding * Math.Max(1, want.Max(Math.Abs));
            for (int i = 0; i < want.Length; i++)
            {
                double distance = Math.Abs((double)want[i] - got[i]);
                Assert.True(
                    distance <= tolerance, $"{what}: {name}[{i}] is {got[i]:g7}, expected {want[i]:g7}: {distance / tolerance * roundings:f0} roundings apart");
            }
        }
    }
}
