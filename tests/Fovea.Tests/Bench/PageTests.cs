using Fovea.Compare;

namespace Fovea.Tests.Bench;

public sealed class PageTests
{
    private static readonly Machine _machine = new("A Processor", 2, "avx2, fma", "8 GiB", "An OS", ".NET 10");
    private static readonly DateOnly _day = new(2026, 1, 2);

    [Fact]
    public void The_sum_of_lines_holds_the_geometric_mean_and_the_smallest_ratio_of_each_number_of_threads()
    {
        IReadOnlyList<Summary> summaries = Summary.Of([Line("a", 1, 10, 20), Line("b", 1, 10, 5), Line("a", 2, 5, 20)]);
        Assert.Equal([1, 2], summaries.Select(summary => summary.Threads));
        Assert.Equal([1, 4], summaries.Select(summary => Math.Round(summary.GeometricMean!.Value, 9)));
        Assert.Equal("b", summaries[0].Smallest!.Model);
        Assert.Equal(0.5, summaries[0].OurPeakFraction, 9);
    }

    [Fact]
    public void The_page_tells_machine_ratios_and_what_two_threads_bring()
    {
        string page = Page.Render(new Results(Section([Line("a", 1, 10, 20), Line("a", 2, 5, 20)])));
        Assert.Contains(
            "A Processor, 2 cores as the operating system counts, avx2, fma; "
            + "peak 100.0 GFLOP/s on 1 thread, 100.0 GFLOP/s on 2 threads",
            page);
        Assert.Contains("| a | 8 | 1 | 2.00 | 10.0 | 20.0 | 800.0 | 400.0 | 50.0 % | 25.0 % |\n", page);
        Assert.Contains("| a | 2.00 | 1.00 |", page);
        Assert.Contains("measured: 2026-01-02, 3 rounds", page);
        Assert.Contains("## Training\n\nNot measured yet.", page);
    }

    [Fact]
    public void Differences_of_results_have_a_column_where_there_are_any()
    {
        Section section = Section([Line("a", 1, 10, 20) with { Difference = 2.5e-7 }, Line("b", 1, 10, null)]);
        string page = Page.Render(new Results(section));
        Assert.Contains("| peer of peak | difference |", page);
        Assert.Contains("25.0 % | 2.5e-7 |\n", page);
        Assert.Contains("| – | – |\n", page);
    }

    [Fact]
    public void A_missing_peer_leaves_dashes()
    {
        MemoryUse memory = new("a", 8, 224, 224, 2, 1 << 20, null);
        Section section = Section([Line("a", 1, 10, null)]) with { Peer = null, Memory = [memory] };
        string page = Page.Render(new Results(Training: section));
        Assert.Contains("peer: missing", page);
        Assert.Contains("| 1 | – | – | 50.0 % | – |", page);
        Assert.Contains("| a | 8 | 1 | – | 10.0 | – | 800.0 | – | 50.0 % | – |\n", page);
        Assert.Contains("| a in training, batch 8, 224×224 pixels, 2 threads | 1.00 MiB | – | – |", page);
        Assert.DoesNotContain("Two threads", page);
    }

    [Fact]
    public void New_lines_take_the_place_of_earlier_ones_of_the_same_machine_and_peer_only()
    {
        IReadOnlyList<MemoryUse> memory = [new("a", 8, 224, 224, 2, 1, 2)];
        Section earlier = Section([Line("a", 1, 10, 20), Line("b", 1, 10, 20)]) with { Memory = memory };
        Section later = Section([Line("a", 1, 5, 20)]) with { Date = _day.AddDays(1) };
        Section merged = later.Over(earlier);
        Assert.Equal([("a", 5), ("b", 10)], merged.Lines.Select(line => (line.Model, line.Ours)));
        Assert.Equal(later.Date, merged.Date);
        Assert.Equal(memory, merged.Memory);
        Assert.Equal(later, later.Over(earlier with { Peer = "another" }));
        Assert.Equal(later, later.Over(earlier with { Machine = _machine with { Cores = 3 } }));
        Assert.Equal(later, later.Over(null));
    }

    [Fact]
    public void Results_read_back_are_what_was_written()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("results.json");
        Assert.Equal(new Results(), Results.Read(path));
        MemoryUse memory = new("b", 8, 224, 224, 2, 1, null);
        Results results = new(Section([Line("a", 1, 10, null)]), Section([Line("b", 2, 10, 20)]) with { Memory = [memory] });
        results.Write(path);
        Assert.Equal(Page.Render(results), Page.Render(Results.Read(path)));
    }

    [Fact]
    public void Of_the_flags_of_a_processor_its_vector_instructions_are_told() =>
        Assert.Equal("avx, avx2, fma", Machine.InstructionsOf("fpu fma sse avx avx2 rdrand"));

    private static Section Section(IReadOnlyList<Line> lines) => new(_day, _machine, "Peer 1.0", lines);

    // Half of a peak of 100 GFLOP/s is 0.5 billion operations in 10 ms.
    private static Line Line(string model, int threads, double ours, double? theirs) =>
        new(model, 8, threads, ours, theirs, theirs / ours, 3, ours, theirs, 0.5, 100);
}
