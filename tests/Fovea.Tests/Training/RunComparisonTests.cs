using System.Globalization;
using System.Text.RegularExpressions;
using Fovea.Reporting;
using Fovea.Training;

namespace Fovea.Tests.Training;

public sealed partial class RunComparisonTests
{
    [Fact]
    public void Runs_are_called_by_the_part_of_their_paths_that_tells_them_apart()
    {
        Assert.Equal(["first", "second"], RunComparison.ShortNames(["/runs/first/", "/runs/second"]));
        Assert.Equal(["a/seed0", "b/seed0"], RunComparison.ShortNames(["/runs/a/seed0", "/runs/b/seed0"]));
        Assert.Equal(["a", "a/b"], RunComparison.ShortNames(["/runs/a", "/runs/a/b"]));
        Assert.Equal(["alone"], RunComparison.ShortNames(["/runs/alone"]));
    }

    [Fact]
    public void A_legend_of_many_names_takes_as_many_rows_as_it_needs()
    {
        ReportCurve[] curves =
        [
            .. Enumerable.Range(0, 9).Select(i =>
                new ReportCurve($"a run with the number {i}", [new ReportPoint(0, i), new ReportPoint(1, 2)])),
        ];
        string svg = ReportCharts.Svg(new ReportChart("Loss", "epoch", curves));
        (double X, double Y)[] names =
        [
            .. Name().Matches(svg).Select(match => (Number(match.Groups[1].Value), Number(match.Groups[2].Value))),
        ];
        Assert.Equal(9, names.Length);
        Assert.Equal(9, names.Distinct().Count());
        double height = Number(Height().Match(svg).Groups[1].Value);
        Assert.All(names, name => Assert.True(name.X + (24 * 6) <= 360 && name.Y < height, $"{name} leaves the chart."));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("""<text x="([\d.]+)" y="([\d.]+)">a run""")]
    private static partial Regex Name();

    [GeneratedRegex("""viewBox="0 0 \d+ ([\d.]+)""")]
    private static partial Regex Height();
}
