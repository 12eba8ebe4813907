using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Graph.Operations;

namespace Fovea.Engine.Tests.Compile;

/// <summary>Variables whose values lie in someone else's memory while a plan is compiled.</summary>
public sealed class ExternalVariableTests
{
    // Kernels may read past the end of a tensor.
    private const int Behind = 16;
    private readonly Variable _weight = new("weight", [24, 40], trainable: true);
    private readonly Variable _scale = new("scale", [24], trainable: true);
    private readonly Variable _bias = new("bias", [24], trainable: true);
    private readonly Variable _table = new("table", [3, 24], trainable: true);

    private Variable[] All => [_weight, _scale, _bias, _table];

    [Fact]
    public void A_plan_folds_and_packs_them_where_they_lie_and_keeps_only_what_runs_read()
    {
        float[] expected;
        using (VariableBlock owned = new(All.Select(variable => new Variable(variable.Name, variable.Shape, trainable: true)).ToArray()))
        {
            foreach (Variable variable in owned.Variables)
            {
                GraphRun.Values(variable.Name, variable.Shape).CopyTo(variable.Data);
            }

            expected = Run(Compiled(owned.Variables));
        }

        using VariableBlock block = new(All);
        Dictionary<Variable, float[]> lent = Lend();
        using Plan plan = Compiled(All);
        Assert.Equal([true, true, false, false], All.Select(variable => variable.IsExternal));

        foreach ((Variable variable, float[] values) in lent)
        {
            Assert.Equal(GraphRun.Values(variable.Name, variable.Shape), values[..^Behind]);
            variable.Unmap();
            values.AsSpan().Fill(float.NaN);
        }

        Assert.Equal(expected, Run(plan));
        Assert.Equal(GraphRun.Values("table", _table.Shape), _table.Data.ToArray());
        Assert.Contains("weight", Assert.Throws<InvalidOperationException>(() => _weight.Data.Length).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(plan.Refresh);
    }

    [Fact]
    public void A_training_plan_keeps_all_that_it_reads()
    {
        using VariableBlock block = new(All);
        Lend();
        using Plan plan = Compiled(All, training: true);
        Assert.DoesNotContain(All, variable => variable.IsExternal);
    }

    [Fact]
    public void Who_asks_for_the_values_gets_a_copy_and_the_lender_is_never_written_to()
    {
        using VariableBlock block = new(All);
        Dictionary<Variable, float[]> lent = Lend();
        _bias.Data[3] = 7;
        Assert.Equal((7f, false), (_bias.Data[3], _bias.IsExternal));
        Assert.Equal(GraphRun.Values("bias", _bias.Shape), lent[_bias][..^Behind]);

        block.Data[(int)block.OffsetOf(_weight)]++;
        Assert.DoesNotContain(All, variable => variable.IsExternal);
        Assert.Equal(GraphRun.Values("weight", _weight.Shape)[0] + 1, _weight.Data[0]);
        Assert.Equal(GraphRun.Values("weight", _weight.Shape), lent[_weight][..^Behind]);
        _weight.Unmap();
        Assert.Equal(GraphRun.Values("weight", _weight.Shape)[1], _weight.Data[1]);
        Assert.Contains("24", Assert.Throws<ArgumentException>(() => _bias.MapExternal(new float[25])).Message, StringComparison.Ordinal);
    }

    private static Plan Compiled(IReadOnlyList<Variable> variables, bool training = false)
    {
        ComputeGraph graph = new(training);
        Value[] values = [.. variables.Select(graph.Read)];
        Value product = graph.Input("x", [3, 40]).MatMul(values[0], transposeRight: true);
        graph.Output("y", ((product * values[1]) + values[2]).Gelu() * values[3]);
        return Plan.Compile(graph, GraphRun.Single);
    }

    private static float[] Run(Plan plan) =>
        GraphRun.Outputs(plan, new Dictionary<string, float[]> { ["x"] = GraphRun.Values("x", [3, 40]) })["y"];

    private Dictionary<Variable, float[]> Lend() => All.ToDictionary(variable => variable, variable =>
    {
        float[] values = [.. GraphRun.Values(variable.Name, variable.Shape), .. new float[Behind]];
        variable.MapExternal(values.AsMemory(0, values.Length - Behind));
        return values;
    });
}
