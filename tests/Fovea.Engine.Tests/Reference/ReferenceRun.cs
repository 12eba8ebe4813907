using Fovea.Engine.Graph;
using Fovea.Reference;

namespace Fovea.Engine.Tests.Reference;

/// <summary>Runs graphs by the plain definitions, and compares.</summary>
internal static class ReferenceRun
{
    private const double Rounding = 1.0 / (1 << 24);

    /// <summary>What a run gives: outputs by name, and gradients by the names of their variables where a block of those is given.</summary>
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
        AddGradients(outputs, gradients, block);
        return outputs;
    }

    /// <summary>Adds the gradients of a block's variables by their names.</summary>
    public static void AddGradients(Dictionary<string, float[]> outputs, ReadOnlySpan<float> gradients, VariableBlock? block)
    {
        foreach (Variable variable in block?.Variables ?? [])
        {
            outputs.Add($"gradient of {variable.Name}", gradients.Slice((int)block!.OffsetOf(variable), (int)variable.Shape.Elements).ToArray());
        }
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
