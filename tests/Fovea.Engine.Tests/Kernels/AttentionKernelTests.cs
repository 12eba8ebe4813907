using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public sealed unsafe class AttentionKernelTests
{
    private static readonly AttentionGeometry[] _geometries =
    [
        new(1, 1, 1, 1, 1, 1, 1f),
        new(2, 3, 5, 7, 3, 5, 0.5f),
        new(1, 1, 100, 25, 46, 46, 0.147f),
        new(2, 2, 49, 49, 64, 64, 0.125f),
        new(1, 2, 23, 36, 52, 20, 0.2f),
        new(3, 1, 25, 17, 76, 33, 0.3f),
        new(1, 2, 130, 16, 8, 16, 0.35f),
        new(1, 1, 7, 961, 32, 32, 0.18f),
        new(1, 1, 197, 131, 17, 9, 0.4f),
    ];

    [Fact]
    public void The_output_is_the_softmax_of_the_scores_times_the_values()
    {
        foreach (AttentionGeometry geometry in _geometries)
        {
            foreach (bool biased in new[] { false, true })
            {
                using Problem problem = new(geometry, biased, seed: 1);
                problem.Forward();
                problem.AssertForward();
            }
        }
    }

    [Fact]
    public void Every_small_number_of_queries_keys_and_channels_follows_the_definition()
    {
        for (int size = 1; size <= 72; size++)
        {
            AttentionGeometry geometry = new(
                1 + size % 2, 1 + size % 3, 1 + size * 11 % 107, size, 1 + size * 7 % 72, 1 + size * 13 % 72, 0.2f);
            using Problem problem = new(geometry, biased: size % 4 > 1, seed: 100 + size);
            problem.Forward();
            problem.AssertForward();
            problem.Gradient();
            problem.AssertGradient();
        }
    }

    [Fact]
    public void Strips_cover_all_queries_and_none_is_short_while_another_has_room()
    {
        for (int queries = 1; queries < 500; queries++)
        {
            AttentionGeometry geometry = new(1, 1, queries, 1, 1, 1, 1);
            int next = 0;
            for (int index = 0; index < geometry.Strips; index++)
            {
                (int First, int Count, int Lanes) strip = geometry.Strip(index);
                Assert.Equal(next, strip.First);
                Assert.InRange(strip.Count, geometry.Strips == 1 ? 1 : 9, AttentionGeometry.MaxLanes);
                Assert.InRange(strip.Lanes, strip.Count, geometry.StripLanes);
                next += strip.Count;
            }

            Assert.Equal(queries, next);
        }
    }

    [Fact]
    public void A_packed_table_holds_each_strip_as_keys_by_queries_in_binary_exponents()
    {
        AttentionGeometry geometry = new(1, 2, 101, 7, 1, 1, 1);
        using GuardedMemory table = GuardedMemory.Random(2 * 101 * 7, seed: 9);
        using GuardedMemory packed = new(PackedBiasTable.Floats(geometry), float.NaN);
        for (int part = PackedBiasTable.Parts(geometry) - 1; part >= 0; part--)
        {
            PackedBiasTable.Pack(geometry, table, packed, part, part + 1);
        }

        packed.AssertGuards();
        for (int head = 0; head < 2; head++)
        {
            for (int index = 0; index < geometry.Strips; index++)
            {
                (int First, int Count, int Lanes) strip = geometry.Strip(index);
                for (int i = 0; i < geometry.Keys * strip.Lanes; i++)
                {
                    (int key, int lane) = Math.DivRem(i, strip.Lanes);
                    double expected = lane < strip.Count ? table[(head * 101 + strip.First + lane) * 7 + key] / Math.Log(2) : 0;
                    Assert.Equal(expected, packed[PackedBiasTable.Panel(geometry, head, index) + i], 1e-6);
                }
            }
        }
    }

    [Fact]
    public void Queries_keys_and_values_may_be_slices_of_one_wider_matrix()
    {
        foreach (AttentionGeometry geometry in _geometries.Where(geometry => geometry.Queries == geometry.Keys))
        {
            using Problem problem = new(geometry, biased: true, seed: 2);
            int width = geometry.Heads * geometry.Width;
            int valueWidth = geometry.Heads * geometry.ValueWidth;
            int stride = 2 * width + valueWidth;
            int tokens = geometry.Batch * geometry.Keys;
            using GuardedMemory wide = new(tokens * stride, float.NaN);
            using GuardedMemory wideGradient = new(tokens * stride, float.NaN);
            for (int token = 0; token < tokens; token++)
            {
                problem.Query.Span.Slice(token * width, width).CopyTo(wide.Span[(token * stride)..]);
                problem.Key.Span.Slice(token * width, width).CopyTo(wide.Span[(token * stride + width)..]);
                problem.Value.Span.Slice(token * valueWidth, valueWidth).CopyTo(wide.Span[(token * stride + 2 * width)..]);
            }
            problem.Operands.Query = new Tokens(wide, stride);
            problem.Operands.Key = new Tokens(wide.Pointer + width, stride);
            problem.Operands.Value = new Tokens(wide.Pointer + 2 * width, stride);
            problem.Operands.QueryGradient = new Tokens(wideGradient, stride);
            problem.Operands.KeyGradient = new Tokens(wideGradient.Pointer + width, stride);
            problem.Operands.ValueGradient = new Tokens(wideGradient.Pointer + 2 * width, stride);
            problem.Forward();
            problem.AssertForward();
            problem.Gradient();
            for (int token = 0; token < tokens; token++)
            {
                wideGradient.Span.Slice(token * stride, width).CopyTo(problem.QueryGradient.Span[(token * width)..]);
                wideGradient.Span.Slice(token * stride + width, width).CopyTo(problem.KeyGradient.Span[(token * width)..]);
                wideGradient.Span.Slice(token * stride + 2 * width, valueWidth).CopyTo(problem.ValueGradient.Span[(token * valueWidth)..]);
            }
            wideGradient.AssertGuards();
            problem.AssertGradient();
        }
    }

    [Fact]
    public void All_gradients_follow_the_definition()
    {
        foreach (AttentionGeometry geometry in _geometries)
        {
            foreach (bool biased in new[] { false, true })
            {
                using Problem problem = new(geometry, biased, seed: 3);
                problem.Forward();
                problem.Gradient();
                problem.AssertGradient();
            }
        }
    }

    [Fact]
    public void Gradients_agree_with_finite_differences()
    {
        using Problem problem = new(new AttentionGeometry(2, 2, 5, 6, 3, 4, 0.7f), biased: true, seed: 4);
        problem.Forward();
        problem.Gradient();
        problem.AssertFiniteDifferences(problem.Query, problem.QueryGradient, 0);
        problem.AssertFiniteDifferences(problem.Key, problem.KeyGradient, 1);
        problem.AssertFiniteDifferences(problem.Value, problem.ValueGradient, 2);
        using GuardedMemory biasGradient = new(problem.Bias!.Length);
        for (int index = 0; index < problem.ScoreGradient.Length; index++)
        {
            biasGradient.Span[index % biasGradient.Length] += problem.ScoreGradient[index];
        }
        problem.AssertFiniteDifferences(problem.Bias, biasGradient, 3);
    }

    [Fact]
    public void Scores_far_from_zero_neither_overflow_nor_vanish()
    {
        using Problem problem = new(new AttentionGeometry(1, 1, 30, 41, 16, 16, 30f), biased: true, seed: 5);
        problem.Forward();
        problem.AssertForward(3e-4);
    }

    [Fact]
    public void A_key_that_the_bias_masks_has_no_part_in_the_output()
    {
        AttentionGeometry geometry = new(1, 1, 9, 21, 8, 8, 0.3f);
        using Problem problem = new(geometry, biased: true, seed: 6);
        for (int row = 0; row < geometry.Queries; row++)
        {
            problem.Bias!.Span[row * geometry.Keys + 20] = float.NegativeInfinity;
        }
        problem.Forward();
        float[] before = problem.Output.ToArray();
        problem.Value.Span[(20 * geometry.ValueWidth)..].Fill(1e6f);
        problem.Forward();
        Assert.Equal(before, problem.Output.ToArray());
    }

    [Fact]
    public void Bits_do_not_depend_on_how_parts_are_grouped()
    {
        AttentionGeometry geometry = new(2, 3, 250, 30, 20, 12, 0.25f);
        using Problem together = new(geometry, biased: true, seed: 7);
        using Problem apart = new(geometry, biased: true, seed: 7);
        together.Forward();
        together.Gradient();
        Assert.True(AttentionKernel.Parts(geometry) > AttentionGradientKernel.Parts(geometry));
        for (int part = AttentionKernel.Parts(geometry) - 1; part >= 0; part--)
        {
            apart.Forward(part, part + 1);
        }
        for (int part = AttentionGradientKernel.Parts(geometry) - 1; part >= 0; part--)
        {
            apart.Gradient(part, part + 1);
        }
        foreach ((GuardedMemory? left, GuardedMemory? right) in together.Results.Zip(apart.Results))
        {
            Assert.True(left.Span.SequenceEqual(right.Span));
        }
    }

    private sealed class Problem : IDisposable
    {
        public AttentionGradientArguments Operands;
        private readonly AttentionGeometry _geometry;
        private readonly GuardedMemory _outputGradient;
        private readonly GuardedMemory _logSumExp;
        private readonly GuardedMemory? _packedBias;

        public Problem(AttentionGeometry geometry, bool biased, int seed)
        {
            _geometry = geometry;
            Random random = new(seed);
            int width = geometry.Heads * geometry.Width;
            int valueWidth = geometry.Heads * geometry.ValueWidth;
            int queries = geometry.Batch * geometry.Queries;
            int keys = geometry.Batch * geometry.Keys;
            Query = new(queries * width, random);
            Key = new(keys * width, random);
            Value = new(keys * valueWidth, random);
            Bias = biased ? new(geometry.Heads * geometry.Queries * geometry.Keys, random, 2) : null;
            _packedBias = biased ? new(PackedBiasTable.Floats(geometry), float.NaN) : null;
            _outputGradient = new(queries * valueWidth, random);
            Output = new(queries * valueWidth, float.NaN);
            _logSumExp = new(geometry.Heads * queries, float.NaN);
            QueryGradient = new(Query.Length, float.NaN);
            KeyGradient = new(Key.Length, float.NaN);
            ValueGradient = new(Value.Length, float.NaN);
            ScoreGradient = new((long)geometry.Heads * queries * geometry.Keys, float.NaN);
            Operands = new AttentionGradientArguments
            {
                Query = new(Query, width),
                Key = new(Key, width),
                Value = new(Value, valueWidth),
                Bias = new AttentionBiasArguments { Table = _packedBias },
                LogSumExp = _logSumExp,
                OutputGradient = new(_outputGradient, valueWidth),
                QueryGradient = new(QueryGradient, width),
                KeyGradient = new(KeyGradient, width),
                ValueGradient = new(ValueGradient, valueWidth),
                ScoreGradient = ScoreGradient,
            };
        }

        public GuardedMemory Query { get; }

        public GuardedMemory Key { get; }

        public GuardedMemory Value { get; }

        public GuardedMemory? Bias { get; }

        public GuardedMemory Output { get; }

        public GuardedMemory QueryGradient { get; }

        public GuardedMemory KeyGradient { get; }

        public GuardedMemory ValueGradient { get; }

        public GuardedMemory ScoreGradient { get; }

        public GuardedMemory[] Results => [Output, _logSumExp, QueryGradient, KeyGradient, ValueGradient, ScoreGradient];

        public void Forward() => Forward(0, AttentionKernel.Parts(_geometry));

        public void Forward(int first, int last)
        {
            PackBias();
            using GuardedMemory scratch = new(AttentionKernel.ScratchFloats(_geometry), float.NaN);
            AttentionKernel.Forward(
                _geometry, Operands.Query, Operands.Key, Operands.Value, Operands.Bias,
                new Tokens(Output, _geometry.Heads * _geometry.ValueWidth), Operands.LogSumExp, first, last, scratch);
            scratch.AssertGuards();
        }

        public void Gradient() => Gradient(0, AttentionGradientKernel.Parts(_geometry));

        public void Gradient(int first, int last)
        {
            using GuardedMemory scratch = new(AttentionGradientKernel.ScratchFloats(_geometry), float.NaN);
            AttentionGradientKernel.Run(_geometry, Operands, first, last, scratch);
            scratch.AssertGuards();
        }

        public void AssertForward(double tolerance = 1e-5)
        {
            AttentionTwin twin = Twin(gradient: false);
            Output.AssertNear(twin.Output, tolerance, $"output, {_geometry}");
            _logSumExp.AssertNear(twin.LogSumExp, tolerance, $"log-sum-exp, {_geometry}");
        }

        public void AssertGradient()
        {
            AttentionTwin twin = Twin(gradient: true);
            ValueGradient.AssertNear(twin.ValueGradient, 3e-5, $"value gradient, {_geometry}");
            ScoreGradient.AssertNear(twin.ScoreGradient, 3e-5, $"score gradient, {_geometry}");
            QueryGradient.AssertNear(twin.QueryGradient, 3e-5, $"query gradient, {_geometry}");
            KeyGradient.AssertNear(twin.KeyGradient, 3e-5, $"key gradient, {_geometry}");
        }

        public void AssertFiniteDifferences(GuardedMemory values, GuardedMemory gradient, int which)
        {
            const double Step = 1e-5;
            for (int index = 0; index < values.Length; index++)
            {
                double slope = (Loss(which, index, Step) - Loss(which, index, -Step)) / (2 * Step);
                Assert.True(
                    Math.Abs(slope - gradient[index]) < 1e-4, $"Operand {which}, element {index}: {gradient[index]} instead of {slope}.");
            }
        }

        public void Dispose()
        {
            foreach (GuardedMemory? memory in Results.Concat([Query, Key, Value, _outputGradient]))
            {
                memory.Dispose();
            }
            Bias?.Dispose();
            _packedBias?.Dispose();
        }

        private void PackBias()
        {
            if (Bias is not null)
            {
                PackedBiasTable.Pack(_geometry, Bias, _packedBias, 0, PackedBiasTable.Parts(_geometry));
            }
        }

        private double Loss(int which, int index, double step)
        {
            double[]?[] operands = [Doubles(Query), Doubles(Key), Doubles(Value), Doubles(Bias)];
            operands[which]![index] += step;
            AttentionTwin twin = NewTwin();
            twin.Run(operands[0]!, operands[1]!, operands[2]!, operands[3], null);
            return twin.Output.Select((value, position) => value * _outputGradient[position]).Sum();
        }

        private AttentionTwin Twin(bool gradient)
        {
            AttentionTwin twin = NewTwin();
            twin.Run(Doubles(Query)!, Doubles(Key)!, Doubles(Value)!, Doubles(Bias), gradient ? Doubles(_outputGradient) : null);
            return twin;
        }

        private AttentionTwin NewTwin() =>
            new(
                _geometry.Batch, _geometry.Heads, _geometry.Queries, _geometry.Keys, _geometry.Width, _geometry.ValueWidth,
                _geometry.Scale);

        private static double[]? Doubles(GuardedMemory? memory) =>
            memory is null ? null : Array.ConvertAll(memory.ToArray(), value => (double)value);
    }
}
