using Fovea.Engine.Execution;
using Fovea.Engine.Graph;
using Fovea.Engine.Optimization;
using Fovea.Engine.Tests.Compile;

namespace Fovea.Engine.Tests.Optimization;

public sealed class EmaTests
{
    [Fact]
    public void Averages_move_towards_their_values_with_the_same_bits_on_any_number_of_threads()
    {
        using WorkerPool three = new(3);
        float[] single = Moved(GraphRun.Single);
        Assert.Equal(single, Moved(three));
        Assert.Equal(1 - (0.5f * (1 - MathF.Pow(0.9f, 3))), single[0], 1e-6f);
    }

    [Fact]
    public void The_average_of_what_does_not_change_keeps_its_bits()
    {
        using VariableBlock average = Block(0);
        using VariableBlock values = Block(0);
        float[] numbers = GraphRun.Values("numbers", [(int)average.Length]);
        numbers.CopyTo(average.Data);
        numbers.CopyTo(values.Data);
        Ema ema = new([average], [values], GraphRun.Single);
        for (int i = 0; i < 1000; i++)
        {
            ema.Update(0.9999);
        }

        Assert.Equal(numbers, average.Data);
    }

    [Fact]
    public void Blocks_that_differ_are_refused_by_the_name_of_the_variable()
    {
        using VariableBlock one = Block(0);
        using VariableBlock other = new([new Variable("long", [3, 7000], trainable: true), new Variable("shorter", [5], trainable: true)]);
        Assert.Contains("shorter", Assert.Throws<ArgumentException>(() => new Ema([one], [other])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Ema([one], []));
        Assert.Throws<ArgumentException>(() => new Ema([one], [one]));
        using VariableBlock fewer = new([new Variable("long", [3, 7000], trainable: true)]);
        Assert.Contains("short", Assert.Throws<ArgumentException>(() => new Ema([one], [fewer])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Disposed_blocks_and_decays_out_of_range_throw()
    {
        using VariableBlock average = Block(0);
        VariableBlock values = Block(1);
        Ema ema = new([average], [values], GraphRun.Single);
        Assert.Throws<ArgumentOutOfRangeException>(() => ema.Update(1.01));
        Assert.Throws<ArgumentOutOfRangeException>(() => ema.Update(double.NaN));
        values.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ema.Update(0.5));
    }

    private static float[] Moved(WorkerPool pool)
    {
        using VariableBlock average = Block(1);
        using VariableBlock values = Block(0.5f);
        Ema ema = new([average], [values], pool);
        for (int i = 0; i < 3; i++)
        {
            ema.Update(0.9);
        }

        return average.Data.ToArray();
    }

    private static VariableBlock Block(float value)
    {
        VariableBlock block = new([new Variable("long", [3, 7000], trainable: true), new Variable("short", [5], trainable: true)]);
        block.Data.Fill(value);
        return block;
    }
}
