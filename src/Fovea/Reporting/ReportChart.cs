namespace Fovea.Reporting;

/// <summary>A chart of some curves over the same axis.</summary>
/// <param name="Title">The title, such as "Loss".</param>
/// <param name="Across">Name of the horizontal axis, such as "epoch".</param>
/// <param name="Curves">The curves.</param>
/// <param name="Percent">True if the values are shares (0 to 1) to be shown in percent.</param>
internal sealed record ReportChart(string Title, string Across, IReadOnlyList<ReportCurve> Curves, bool Percent = false);

/// <summary>One curve of a chart.</summary>
/// <param name="Name">Its name in the legend, such as "training".</param>
/// <param name="Points">Its points, from left to right; points that are not finite are left out.</param>
internal sealed record ReportCurve(string Name, IReadOnlyList<ReportPoint> Points);

/// <summary>One point of a curve.</summary>
/// <param name="X">Position on the horizontal axis.</param>
/// <param name="Y">The value.</param>
internal readonly record struct ReportPoint(double X, double Y);
