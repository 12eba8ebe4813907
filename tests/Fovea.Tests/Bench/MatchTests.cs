using Fovea.Compare;

namespace Fovea.Tests.Bench;

public sealed class MatchTests
{
    [Fact]
    public void The_sides_take_turns_after_both_have_warmed_up()
    {
        List<string> order = [];
        Outcome outcome = new Match(Rounds: 2, Runs: 3, WarmUp: 0).Play(new Side(order, "ours", 2), new Side(order, "theirs", 3));
        Assert.Equal(["ours", "theirs", "ours", "theirs", "ours", "theirs"], order);
        Assert.Equal(new Outcome(2, 3, 1.5, 2, 2, 3), outcome);
    }

    [Fact]
    public void Without_a_peer_there_are_times_but_no_ratio()
    {
        Outcome outcome = new Match(Rounds: 1, Runs: 1, WarmUp: 0).Play(new Side([], "ours", 2), null);
        Assert.Equal(new Outcome(2, null, null, 1, 2, null), outcome);
    }

    [Fact]
    public void A_cancelled_match_stops()
    {
        CancellationToken cancelled = new(canceled: true);
        Assert.Throws<OperationCanceledException>(() => new Match(1, 1, 0).Play(new Side([], "ours", 2), null, cancelled));
    }

    [Fact]
    public void A_model_may_be_named_with_a_size()
    {
        MeasuredModel model = MeasuredModel.Parse("cmt_ti@224");
        Assert.Equal((224, 224), (model.Create().Height, model.Create().Width));
        Assert.Equal("cmt_ti@224", model.ToString());
        Assert.Equal("pit_ti", MeasuredModel.Parse("pit_ti").ToString());
    }

    [Theory]
    [InlineData("cmt_tii", "cmt_ti")]
    [InlineData("cmt_ti@", "cmt_ti@160")]
    [InlineData("cmt_ti@160@2", "cmt_ti@160")]
    [InlineData("cmt_ti@7", "cmt_ti")]
    public void A_model_that_does_not_exist_or_fit_is_wrong_usage(string text, string help) =>
        Assert.Contains(help, Assert.Throws<OptionException>(() => MeasuredModel.Parse(text)).Message);

    private sealed class Side(List<string> order, string name, double milliseconds) : ISide
    {
        public double[] Run(int runs, double least)
        {
            order.Add(name);
            return [.. Enumerable.Repeat(milliseconds, runs)];
        }
    }
}
