using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Tests.Compile;
using Fovea.Reference;

namespace Fovea.Engine.Tests.Reference;

/// <summary>Runs graphs by the plain definitions, and compares.</summary>
internal static class ReferenceRun
{
    private const double Rounding = 1.0 / (1 << 24);

    /// <summary>Evaluates graphs as they were built.</summary>
    public static Executor AsBuilt { get; } = new ReferenceExecutor(runPasses: false);

    /// <summary>Evaluates what the passes make of graphs.</summary>
    public static Executor AfterPasses { get; } = new ReferenceExecutor();

    /// <summary>Evaluates graphs as they were built, with an error of one rounding in every result.</summary>
    public static Executor Disturbed { get; } = new ReferenceExecutor(runPasses: false, errors: 1);

    /// <summary>What a run gives: outputs by name, and all gradients together where there is a block for them.</summary>
    public static Dictionary<string, float[]> Outputs(
        Executor executor, ComputeGraph graph, IReadOnlyDictionary<string, float[]> inputs, ParameterBlock? gradients = null)
    {
        using Plan plan = executor.Compile(graph, new PlanOptions { Gradients = gradients });
        Dictionary<string, float[]> outputs = GraphRun.Outputs(plan, inputs);
        if (gradients is not null)
        {
            outputs.Add("gradient block", gradients.Data.ToArray());
        }

        return outputs;
    }

    /// <summary>
    /// Fails where two results are farther apart than a number of roundings of the result's largest element (or of 1, where that is
    /// larger), each of which errs by 2⁻²⁴ at most, and farther than twice what one more rounding in every result does to the graph: some
    /// graphs divide by a spread that is far smaller than the numbers themselves.
    /// </summary>
    public static void Near(
        Dictionary<string, float[]> expected, Dictionary<string, float[]> actual, Dictionary<string, float[]> disturbed, string what,
        int roundings)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach ((string name, float[] want) in expected)
        {
            float[] got = actual[name];
            Assert.Equal(want.Length, got.Length);
            double moved = want.Zip(disturbed[name], (exact, other) => Math.Abs((double)exact - other)).Append(0).Max();
            double tolerance = Math.Max(roundings * Rounding * want.Append(1).Max(Math.Abs), 2 * moved);
            for (int i = 0; i < want.Length; i++)
            {
                double distance = Math.Abs((double)want[i] - got[i]);
                Assert.True(
                    distance <= tolerance,
                    $"{what}: {name}[{i}] is {got[i]:g7}, expected {want[i]:g7}: {distance / tolerance:f1} times the tolerance apart");
            }
        }
    }
}
