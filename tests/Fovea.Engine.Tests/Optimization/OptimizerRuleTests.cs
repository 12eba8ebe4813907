using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Optimization;

/// <summary>Optimisers against their definitions, written down in double precision for one variable after another.</summary>
public sealed class OptimizerRuleTests
{
    private const int Steps = 5;
    private const float Factor = 0.5f;
    private const double Rate = 1e-2;
    private const double Decay = 0.1;

    // Long enough for several ranges, and of odd lengths.
    private static readonly (string Name, Shape Shape)[] _variables =
        [("wide.weight", [33, 1003]), ("tall.weight", [70, 3, 3, 5]), ("norm.weight", [19]), ("bias", [1])];

    private static readonly ParameterGroup[] _groups = [new(variable => variable.Shape.Rank < 2, WeightDecay: 0)];

    private delegate void Rule(double[] weights, double[] gradient, double[] first, double[] second, int step, Variable variable);

    [Fact]
    public void Lion_steps_by_the_sign_of_its_mean() => Check(
        block => new Lion(block, Decay, _groups, GraphRun.Single, beta1: 0.8, beta2: 0.95),
        (w, g, m, _, _, variable) =>
        {
            for (int i = 0; i < w.Length; i++)
            {
                w[i] = (w[i] * (1 - (Rate * DecayOf(variable)))) - (Rate * Math.Sign((0.8 * m[i]) + (0.2 * g[i])));
                m[i] = (0.95 * m[i]) + (0.05 * g[i]);
            }
        },
        1e-5);

    [Fact]
    public void Lamb_takes_steps_as_long_as_the_weights_that_decay() => Check(
        block => new Lamb(block, Decay, _groups, GraphRun.Single, maxGradientNorm: 0),
        (w, g, m, v, step, variable) => LambStep(w, g, m, v, step, DecayOf(variable)),
        1e-5);

    [Fact]
    public void Lamb_scales_gradients_of_a_longer_norm_than_it_allows()
    {
        double norm = 0;
        Check(
            block => new Lamb(block, Decay, _groups, GraphRun.Single, maxGradientNorm: 2),
            (w, g, m, v, step, variable) =>
            {
                LambStep(w, [.. g.Select(value => value / Math.Max(1, norm / 2))], m, v, step, DecayOf(variable));
            },
            1e-5,
            gradients => norm = Factor * gradients.Norm(GraphRun.Single));
        Assert.True(norm > 2);
    }

    [Theory]
    [InlineData(MuonScaling.Original, false)]
    [InlineData(MuonScaling.MatchAdamW, true)]
    public void Muon_steps_along_orthogonal_momentum_and_leaves_vectors_to_AdamW(MuonScaling scaling, bool nesterov) => Check(
        block => new Muon(block, Decay, _groups, GraphRun.Single, null, 0.9, nesterov, scaling: scaling),
        (w, g, m, v, step, variable) =>
        {
            if (variable.Shape.Rank < 2)
            {
                AdamWStep(w, g, m, v, step, DecayOf(variable));
                return;
            }

            (int rows, int columns) = (variable.Shape[0], w.Length / variable.Shape[0]);
            double[] direction = new double[w.Length];
            for (int i = 0; i < w.Length; i++)
            {
                m[i] = (0.9 * m[i]) + (0.1 * g[i]);
                direction[i] = nesterov ? (0.1 * g[i]) + (0.9 * m[i]) : m[i];
            }

            direction = Orthogonal(direction, rows, columns);
            double scale = scaling == MuonScaling.Original
                ? Math.Sqrt(Math.Max(1.0, (double)rows / columns))
                : 0.2 * Math.Sqrt(Math.Max(rows, columns));
            for (int i = 0; i < w.Length; i++)
            {
                w[i] = (w[i] * (1 - (Rate * Decay))) - (Rate * scale * direction[i]);
            }
        },
        1e-4);

    [Fact]
    public void Singular_values_end_near_one_whatever_they_were()
    {
        using Orthogonalization orthogonalization = new(48, 48, 5, GraphRun.Single);

        // A diagonal, whose values over three orders of magnitude are its singular values.
        float[] matrix = new float[48 * 48];
        for (int i = 0; i < 48; i++)
        {
            matrix[(i * 48) + i] = MathF.Pow(10, -i / 16f);
        }

        orthogonalization.Apply(matrix);
        for (int i = 0; i < 32; i++)
        {
            Assert.InRange(matrix[(i * 48) + i], 0.65f, 1.25f);
        }

        Assert.Equal(0, matrix.Where((_, i) => i / 48 != i % 48).Max(Math.Abs), 1e-5);
    }

    [Fact]
    public void Muon_takes_the_matrices_that_it_is_told_to_take()
    {
        using VariableBlock block = Block();
        using GradientBlock gradients = new(block.Variables);
        using Muon muon = new(gradients, pool: GraphRun.Single, matrices: variable => variable.Name != "tall.weight");
        Assert.Equal(["wide.weight"], muon.Matrices.Select(variable => variable.Name));
    }

    [Fact]
    public void A_step_of_every_rule_allocates_nothing()
    {
        using VariableBlock block = Block();
        using GradientBlock gradients = new(block.Variables);
        gradients.Data.Fill(0.1f);
        Optimizer[] all =
        [
            new Lion(gradients, pool: GraphRun.Single),
            new Lamb(gradients, pool: GraphRun.Single),
            new Muon(gradients, pool: GraphRun.Single),
        ];
        foreach (Optimizer optimizer in all)
        {
            optimizer.Step(Rate);
            optimizer.Step(Rate);
            long before = GC.GetAllocatedBytesForCurrentThread();
            optimizer.Step(Rate);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated == 0, $"{optimizer.GetType().Name} allocates {allocated} bytes.");
            optimizer.Dispose();
        }
    }

    private static double DecayOf(Variable variable) => variable.Shape.Rank < 2 ? 0 : Decay;

    private static VariableBlock Block() => GraphRun.Block([.. _variables.Select(entry => new Variable(entry.Name, entry.Shape, true))]);

    private static void Check(Func<GradientBlock, Optimizer> make, Rule rule, double tolerance, Action<GradientBlock>? look = null)
    {
        using VariableBlock block = Block();
        using GradientBlock gradients = new(block.Variables);
        using Optimizer optimizer = make(gradients);
        double[][] weights = [.. block.Variables.Select(variable => Doubles(variable.Data))];
        double[][] first = [.. weights.Select(values => new double[values.Length])];
        double[][] second = [.. weights.Select(values => new double[values.Length])];
        for (int step = 1; step <= Steps; step++)
        {
            foreach (Variable variable in block.Variables)
            {
                GraphRun.Values($"{variable.Name} {step}", variable.Shape).CopyTo(gradients.Of(variable));
            }

            look?.Invoke(gradients);
            optimizer.Step(Rate, Factor);
            for (int i = 0; i < weights.Length; i++)
            {
                Variable variable = block.Variables[i];
                double[] gradient = [.. Doubles(gradients.Of(variable)).Select(value => value * Factor)];
                rule(weights[i], gradient, first[i], second[i], step, variable);
                double distance = Doubles(variable.Data).Zip(weights[i], (got, want) => Math.Abs(got - want)).Max();
                Assert.True(distance <= tolerance, $"{variable.Name} is {distance:g2} away after step {step}");
            }
        }
    }

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }

    private static void AdamWStep(double[] w, double[] g, double[] m, double[] v, int step, double decay)
    {
        double[] direction = AdamDirection(g, m, v, step, 1e-8);
        for (int i = 0; i < w.Length; i++)
        {
            w[i] = (w[i] * (1 - (Rate * decay))) - (Rate * direction[i]);
        }
    }

    private static void LambStep(double[] w, double[] g, double[] m, double[] v, int step, double decay)
    {
        double[] direction = [.. AdamDirection(g, m, v, step, 1e-6).Zip(w, (u, weight) => u + (decay * weight))];
        double trust = decay > 0 ? Norm(w) / Norm(direction) : 1;
        for (int i = 0; i < w.Length; i++)
        {
            w[i] -= Rate * trust * direction[i];
        }
    }

    private static double[] AdamDirection(double[] g, double[] m, double[] v, int step, double epsilon)
    {
        double[] direction = new double[g.Length];
        for (int i = 0; i < g.Length; i++)
        {
            m[i] = (0.9 * m[i]) + (0.1 * g[i]);
            v[i] = (0.999 * v[i]) + (0.001 * g[i] * g[i]);
            direction[i] = m[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.999, step))) + epsilon);
        }

        return direction;
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(value => value * value));

    /// <summary>The iteration as its authors write it, on the matrix itself.</summary>
    private static double[] Orthogonal(double[] matrix, int rows, int columns)
    {
        if (rows > columns)
        {
            return Transposed(Orthogonal(Transposed(matrix, rows, columns), columns, rows), columns, rows);
        }

        double norm = Norm(matrix) + 1e-7;
        double[] x = [.. matrix.Select(value => value / norm)];
        for (int i = 0; i < 5; i++)
        {
            double[] a = Product(x, Transposed(x, rows, columns), rows, columns, rows);
            double[] aa = Product(a, a, rows, rows, rows);
            double[] b = [.. a.Zip(aa, (one, two) => (-4.7750 * one) + (2.0315 * two))];
            x = [.. x.Zip(Product(b, x, rows, rows, columns), (old, change) => (3.4445 * old) + change)];
        }

        return x;
    }

    private static double[] Product(double[] left, double[] right, int rows, int depth, int columns)
    {
        double[] result = new double[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int k = 0; k < depth; k++)
            {
                for (int j = 0; j < columns; j++)
                {
                    result[(i * columns) + j] += left[(i * depth) + k] * right[(k * columns) + j];
                }
            }
        }

        return result;
    }

    private static double[] Transposed(double[] matrix, int rows, int columns)
    {
        double[] result = new double[matrix.Length];
        for (int i = 0; i < matrix.Length; i++)
        {
            result[((i % columns) * rows) + (i / columns)] = matrix[i];
        }

        return result;
    }
}
