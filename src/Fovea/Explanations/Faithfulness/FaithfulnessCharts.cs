using Fovea.Reporting;

namespace Fovea.Explanations;

/// <summary>Curves of a measurement of faithfulness as SVG files, in a light and a dark theme.</summary>
public static class FaithfulnessCharts
{
    /// <summary>Draws the deletion curves.</summary>
    /// <param name="rows">Rows of <see cref="Faithfulness.Measure"/>, one or more.</param>
    public static string Deletion(IReadOnlyList<MethodFaithfulness> rows) =>
        Chart("Deletion", "pixels blanked, %", rows, row => row.DeletionCurve);

    /// <summary>Draws the insertion curves.</summary>
    /// <param name="rows">Rows of <see cref="Faithfulness.Measure"/>, one or more.</param>
    public static string Insertion(IReadOnlyList<MethodFaithfulness> rows) =>
        Chart("Insertion", "pixels shown, %", rows, row => row.InsertionCurve);

    private static string Chart(
        string title, string across, IReadOnlyList<MethodFaithfulness> rows, Func<MethodFaithfulness, IReadOnlyList<double>> curve)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ReportCurve[] curves = [.. rows.Select(row => new ReportCurve(row.Method, Points(curve(row))))];
        return ReportCharts.Svg(new ReportChart(title, across, curves, Percent: true), alone: true);
    }

    private static ReportPoint[] Points(IReadOnlyList<double> curve) =>
        [.. curve.Select((score, step) => new ReportPoint(100.0 * step / (curve.Count - 1), score))];
}
