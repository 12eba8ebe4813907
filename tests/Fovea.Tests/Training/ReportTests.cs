using System.Globalization;
using System.Xml.Linq;
using Fovea.Reporting;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed class ReportTests
{
    [Fact]
    public void A_full_page_is_well_formed_and_loads_nothing()
    {
        string page = Report.Render(Sample());
        Assert.Equal("html", Parse(page).Root!.Name.LocalName);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,AQID", page, StringComparison.Ordinal);
        foreach (string wanted in new[] { "Loss", "Worst mistakes", "Confusion", "Model", "Configuration", "98.7 %" })
        {
            Assert.Contains(wanted, page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Text_from_outside_is_escaped_everywhere()
    {
        const string Evil = "<script>alert(\"x\")</script> & 'y'";
        ConfusionMatrix confusion = new([Evil, "b"]);
        confusion.Add(0, 1);
        string page = Report.Render(new ReportContent
        {
            Title = Evil,
            Summary = Evil,
            Highlights = [new ReportEntry(Evil, Evil)],
            Charts = [new ReportChart(Evil, Evil, [new ReportCurve(Evil, [new ReportPoint(0, 1), new ReportPoint(1, 2)])])],
            Confusion = confusion,
            Mistakes = [new ReportMistake(new byte[] { 1 }, Evil, Evil, 0.5)],
            Model = new ReportTable([Evil], [[Evil]]),
            Configuration = [new ReportEntry(Evil, Evil)],
        });
        Parse(page);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_without_content_are_left_out()
    {
        ReportCurve curve = new("training", [new ReportPoint(1, double.NaN)]);
        string page = Report.Render(new ReportContent { Title = "Empty", Charts = [new ReportChart("Loss", "epoch", [curve])] });
        Parse(page);
        Assert.Contains("Nothing was measured", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Worst mistakes", page, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Ticks_are_round_and_enclose_the_range()
    {
        (double, double)[] ranges =
            [(0.0, 1.0), (0.312, 2.317), (1e-5, 3e-3), (-4, 17), (5, 5), (0, 0), (0.871, 0.8711), (1, 30), (0, 1e6)];
        foreach ((double low, double high) in ranges)
        {
            foreach (bool whole in new[] { false, true })
            {
                double[] ticks = ReportCharts.RoundTicks(low, high, whole);
                double slack = 1e-6 * (ticks[1] - ticks[0]);
                Assert.InRange(ticks.Length, 2, 8);
                Assert.True(ticks[0] <= low + slack && ticks[^1] >= high - slack, string.Join(' ', ticks));
                Assert.All(ticks, tick => Assert.True(!whole || tick == Math.Round(tick)));
            }
        }

        Assert.Equal([0, 0.5, 1, 1.5, 2, 2.5], ReportCharts.RoundTicks(0.312, 2.317, whole: false));
    }

    [Fact]
    public void A_thousand_classes_and_a_single_point_still_make_a_page()
    {
        ConfusionMatrix confusion = new([.. Enumerable.Range(0, 1000).Select(index => $"class {index}")]);
        confusion.Add(3, 4);
        string page = Report.Render(new ReportContent
        {
            Title = "Many",
            Confusion = confusion,
            Charts = [new ReportChart("Loss", "epoch", [new ReportCurve("training", [new ReportPoint(1, 0.5)])])],
        });
        Parse(page);
        Assert.InRange(page.Length, 1, 200_000);
    }

    private static ReportContent Sample()
    {
        ConfusionMatrix confusion = new(["shirt", "coat", "boot"]);
        confusion.Add(0, 0);
        confusion.Add(0, 1);
        confusion.Add(2, 2);
        ReportPoint[] points = [.. Enumerable.Range(1, 10).Select(epoch => new ReportPoint(epoch, 2.0 / epoch))];
        return new ReportContent
        {
            Title = "cmt_nano",
            Highlights = [new ReportEntry("top-1", "88.1 %")],
            Charts = [new ReportChart("Loss", "epoch", [new ReportCurve("training", points), new ReportCurve("validation", points)])],
            Confusion = confusion,
            Mistakes = [new ReportMistake(new byte[] { 1, 2, 3 }, "shirt", "coat", 0.987)],
            Model = new ReportTable(["stage", "parameters"], [["stem", "1,234"], ["stage 1", "12.3 k"]]),
            Configuration = [new ReportEntry("seed", 1.ToString(CultureInfo.InvariantCulture))],
        };
    }

    /// <summary>The page is written so that it is XML too, but for the tags that HTML never closes.</summary>
    private static XDocument Parse(string page) => XDocument.Parse(System.Text.RegularExpressions.Regex.Replace(
        page.Replace("<!DOCTYPE html>", "", StringComparison.Ordinal), "<(meta|img)([^>]*)>", "<$1$2/>"));
}
