using System.Text.Json;
using Fovea.Data;
using Fovea.Engine.Graph;
using Fovea.Layers;
using Fovea.Training;

namespace Fovea.Tests.Golden;

/// <summary>Training steps against the losses that the reference printed, and the state that it ended with.</summary>
/// <remarks>
/// Where a ReLU or a maximum stands almost on its kink, rounding decides on which side, and what follows is another curve, just as true.
/// So a curve that does not agree is run again from weights that are off by a rounding each: one of these runs has to agree within the
/// same tolerances, in all losses and all of the state.
/// </remarks>
internal static class GoldenCurve
{
    private const int Attempts = 12;
    private const float Rounding = 1e-7f;

    public static void Check(GoldenCase golden, double slack)
    {
        if (FirstDifference(golden, slack, attempt: 0) is not string difference)
        {
            return;
        }

        Assert.True(
            Enumerable.Range(1, Attempts).Any(attempt => FirstDifference(golden, slack, attempt) is null),
            $"{difference}; none of {Attempts} runs from weights that are off by a rounding agrees either");
    }

    /// <summary>The first number that differs from the reference's, in words; null where all agree.</summary>
    private static string? FirstDifference(GoldenCase golden, double slack, int attempt)
    {
        using GoldenRecipe recipe = new(golden);
        if (attempt > 0)
        {
            Round(recipe, attempt);
        }

        using TrainingStep step = new(recipe.Model, recipe.Objective, recipe.Layout, recipe.Options, null);
        using EmaWeights? ema = recipe.Options.EmaDecay > 0
            ? new EmaWeights(recipe.Model.Parameters, recipe.Options.EmaDecay, recipe.Options.EmaWarmUp, null)
            : null;
        double[] expected = GoldenCase.Doubles(golden.Root.GetProperty("losses"));
        double[] otherEngine = GoldenCase.Doubles(golden.Root.GetProperty("losses_float32"));
        double distance = expected.Zip(otherEngine, (a, b) => Math.Abs(a - b)).Max();
        double tolerance = Math.Max(1e-5, slack * distance);
        double[] sums = new double[recipe.Objective.Metrics.Count];
        for (int number = 0; number < expected.Length; number++)
        {
            double loss = 0;
            IReadOnlyList<Batch> parts = recipe.BatchesOf(number);
            for (int part = 0; part < parts.Count; part++)
            {
                loss += step.Run(parts[part], number, part, recipe.Options.LearningRate, sums) / parts.Count;
            }

            ema?.Update(number);
            if (!(Math.Abs(loss - expected[number]) <= tolerance))
            {
                return $"loss of step {number} is {loss:g9}, expected {expected[number]:g9} ± {tolerance:g2}";
            }
        }

        string? difference = DifferenceOfStates(golden, "state_after", recipe, slack);
        ema?.Exchange();
        return difference ?? DifferenceOfStates(golden, "ema_state_after", recipe, slack);
    }

    private static void Round(GoldenRecipe recipe, int attempt)
    {
        foreach (Variable variable in recipe.Model.Parameters.Weights.Variables)
        {
            Span<float> values = variable.Data;
            float[] noise = GoldenFill.Tensor($"input.rounding.{attempt}.{variable.Name}", [values.Length]);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] *= 1 + (Rounding * noise[i]);
            }
        }
    }

    private static string? DifferenceOfStates(GoldenCase golden, string table, GoldenRecipe recipe, double slack)
    {
        foreach ((string name, JsonElement expected) in golden.Entries(table))
        {
            Parameter tensor = recipe.Model.Parameters.Tensors[name];
            float[] got = new float[tensor.Shape.Elements];
            tensor.Layout.ToCheckpoint(tensor.Shape, tensor.Variable.Data, got);
            double known = golden.EntryOf("state_float32_max_abs_diff", name, -1);
            double allowed = known >= 0 ? slack * known : UnknownDistance(recipe.Options);
            if (Difference(got, expected, allowed, isKnown: known >= 0) is string difference)
            {
                return $"{name} in {table}: {difference}";
            }
        }

        return null;
    }

    /// <summary>
    /// A tolerance where the distance between engines is not known. Adaptive rules move a weight by up to the learning rate whichever sign
    /// a vanishing gradient has, so single values may be off by a few such steps.
    /// </summary>
    private static double UnknownDistance(TrainingOptions options) =>
        Math.Max(1e-4, options.Optimizer == OptimizerKind.Sgd ? 0 : 4 * options.LearningRate);

    private static string? Difference(float[] got, JsonElement expected, double allowed, bool isKnown)
    {
        double distance = 0;
        double length = 0;
        IEnumerable<(int Index, double Want)> pairs = expected.TryGetProperty("values", out JsonElement values)
            ? values.EnumerateArray().Select((value, i) => (i, value.GetDouble()))
            : expected.GetProperty("samples").EnumerateArray().Select(sample => (sample[0].GetInt32(), sample[1].GetDouble()));
        foreach ((int index, double want) in pairs)
        {
            double tolerance = Math.Max((isKnown ? 1e-5 : 1e-4) * Math.Max(1, Math.Abs(want)), allowed);
            if (!(Math.Abs(got[index] - want) <= tolerance))
            {
                return $"[{index}] is {got[index]:g9}, expected {want:g9} ± {tolerance:g2}";
            }

            distance += Math.Pow(got[index] - want, 2);
            length += want * want;
        }

        double relative = Math.Sqrt(distance / length);
        return isKnown || relative <= 1e-3 ? null : $"the whole is {relative:g3} of its norm away";
    }
}
