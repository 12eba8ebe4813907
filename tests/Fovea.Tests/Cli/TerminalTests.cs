using Fovea.Cli.Terminal;

namespace Fovea.Tests.Cli;

public sealed class TerminalTests
{
    private static readonly TerminalStyle _interactive = new(Interactive: true, Unicode: true, Width: 80);

    [Theory]
    [InlineData(0, "0")]
    [InlineData(7, "7")]
    [InlineData(999, "999")]
    [InlineData(1000, "1.00 k")]
    [InlineData(1234567, "1.23 M")]
    [InlineData(999999, "1.00 M")]
    [InlineData(638000000, "638 M")]
    [InlineData(4.09e9, "4.09 G")]
    [InlineData(0.5, "0.50")]
    [InlineData(-25600, "-25.6 k")]
    [InlineData(double.NaN, "NaN")]
    public void Counts_keep_three_digits(double value, string want) => Assert.Equal(want, Numbers.Count(value));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1.00 KiB")]
    [InlineData(12.3 * 1024 * 1024, "12.3 MiB")]
    [InlineData(1L << 31, "2.00 GiB")]
    public void Bytes_have_binary_units(double value, string want) => Assert.Equal(want, Numbers.Bytes(value));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.00082, "820 µs")]
    [InlineData(0.0123, "12.3 ms")]
    [InlineData(0.9999, "1.0 s")]
    [InlineData(4.46, "4.5 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(59.6, "1 m 00 s")]
    [InlineData(65, "1 m 05 s")]
    [InlineData(3599.9, "1 h 00 m")]
    [InlineData(7380, "2 h 03 m")]
    public void Durations_never_show_sixty(double seconds, string want) =>
        Assert.Equal(want, Numbers.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void A_table_puts_numbers_on_the_right()
    {
        Table table = new("model", "parameters", "top-1");
        table.Add("cmt_ti", "9.49 M", "79.1 %");
        table.Add("größe", "123 k", "–");
        table.AddRule();
        table.Add("sum", "", "");
        using StringWriter output = new() { NewLine = "\n" };
        table.Write(output, TerminalStyle.Plain);
        Assert.Equal(
            """
            model   parameters   top-1
            ------  ----------  ------
            cmt_ti      9.49 M  79.1 %
            größe        123 k       –
            ------  ----------  ------
            sum

            """.ReplaceLineEndings("\n"),
            output.ToString());
    }

    [Fact]
    public void A_live_bar_redraws_ten_times_a_second_at_most_and_keeps_to_the_width()
    {
        ManualClock clock = new();
        using StringWriter output = new() { NewLine = "\n" };
        using (ProgressBar bar = new(output, _interactive, "epoch 1/2", 1000, clock: clock))
        {
            for (int i = 1; i <= 1000; i++)
            {
                clock.Advance(TimeSpan.FromMilliseconds(1));
                bar.Report(i, ("loss", "0.1234"));
            }

            bar.Finish(("loss", "0.1200"));
        }

        string[] drawn = output.ToString().Split('\r', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(11, drawn.Length);
        Assert.All(drawn, line => Assert.InRange(line.Replace("\e[K", "", StringComparison.Ordinal).TrimEnd('\n').Length, 1, 79));
        Assert.Contains(" 50 %  loss 0.1234  1.00 k images/s  1 s left", drawn[4], StringComparison.Ordinal);
        Assert.EndsWith("\n", drawn[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_live_bar_fits_any_width()
    {
        foreach (int width in new[] { 1, 10, 40, 60, 80, 200 })
        {
            foreach (bool unicode in new[] { true, false })
            {
                ManualClock clock = new();
                using StringWriter output = new() { NewLine = "\n" };
                using ProgressBar bar = new(output, new TerminalStyle(true, unicode, width), "epoch 12/20", 7, clock: clock);
                clock.Advance(TimeSpan.FromSeconds(1));
                bar.Report(3, ("loss", "0.1234"), ("accuracy", "88.4 %"));
                string line = output.ToString().Replace("\e[K", "", StringComparison.Ordinal).Trim('\r');
                Assert.InRange(line.Length, 0, width - 1);
                Assert.Equal(width >= 80, line.Contains(unicode ? '█' : '#', StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void A_redirected_bar_writes_a_plain_line_now_and_then()
    {
        ManualClock clock = new();
        using StringWriter output = new() { NewLine = "\n" };
        using (ProgressBar bar = new(output, TerminalStyle.Plain, "epoch 1/2", 60, clock: clock))
        {
            for (int i = 1; i <= 60; i++)
            {
                clock.Advance(TimeSpan.FromSeconds(0.5));
                bar.Report(i);
            }

            bar.Finish(("accuracy", "88.4 %"));
        }

        Assert.Equal(
            "epoch 1/2   33 %  2 images/s  20 s left\nepoch 1/2   67 %  2 images/s  10 s left\nepoch 1/2  100 %  2 images/s  0 s left\n"
            + "epoch 1/2  100 %  accuracy 88.4 %  2 images/s  in 30 s\n",
            output.ToString());
        Assert.DoesNotContain('\r', output.ToString());
    }

    [Fact]
    public void The_rate_of_a_job_that_goes_on_is_that_of_the_units_done_since()
    {
        ManualClock clock = new();
        using StringWriter output = new() { NewLine = "\n" };
        using (ProgressBar bar = new(output, TerminalStyle.Plain, "epoch 3/5", 100, done: 60, clock: clock))
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            bar.Report(80);
            clock.Advance(TimeSpan.FromSeconds(10));
            bar.Report(100);
        }

        Assert.Equal(
            "epoch 3/5   80 %  2 images/s  10 s left\nepoch 3/5  100 %  2 images/s  0 s left\n",
            output.ToString());
    }

    private sealed class ManualClock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
