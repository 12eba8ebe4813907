namespace Fovea.Training;

/// <summary>Content of a report; empty parts are left out of the page.</summary>
internal sealed record ReportContent
{
    /// <summary>The headline, such as "cmt_nano on Fashion-MNIST".</summary>
    public required string Title { get; init; }

    /// <summary>One sentence under the headline.</summary>
    public string Summary { get; init; } = "";

    /// <summary>The few numbers that count, shown large: label and value.</summary>
    public IReadOnlyList<ReportEntry> Highlights { get; init; } = [];

    /// <summary>The curves of the run: loss, accuracy, learning rate.</summary>
    public IReadOnlyList<ReportChart> Charts { get; init; } = [];

    /// <summary>Results of several runs, in a page that compares them.</summary>
    public ReportTable? Results { get; init; }

    /// <summary>Members in which the recipes of several runs differ.</summary>
    public ReportTable? Differences { get; init; }

    /// <summary>The evaluation of the best checkpoint; also gives the table of classes.</summary>
    public ConfusionMatrix? Confusion { get; init; }

    /// <summary>What <see cref="Confusion"/> counts.</summary>
    public string Counted { get; init; } = "images";

    /// <summary>The images that were predicted wrong with most confidence.</summary>
    public IReadOnlyList<ReportMistake> Mistakes { get; init; } = [];

    /// <summary>Images with what was found in them, the worst first.</summary>
    public IReadOnlyList<ReportImage> Images { get; init; } = [];

    /// <summary>The model by stage.</summary>
    public ReportTable? Model { get; init; }

    /// <summary>The run's configuration: option and value.</summary>
    public IReadOnlyList<ReportEntry> Configuration { get; init; } = [];
}

/// <summary>A label and its value.</summary>
/// <param name="Label">The label.</param>
/// <param name="Value">The value, as it is to be shown.</param>
internal sealed record ReportEntry(string Label, string Value);

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

/// <summary>An image that was predicted wrong.</summary>
/// <param name="Png">The image, as the bytes of a PNG file.</param>
/// <param name="TrueClass">The class that it is of.</param>
/// <param name="PredictedClass">The class that it was taken for.</param>
/// <param name="Confidence">The probability given to the predicted class, 0 to 1.</param>
internal sealed record ReportMistake(ReadOnlyMemory<byte> Png, string TrueClass, string PredictedClass, double Confidence);

/// <summary>An image with a line under it.</summary>
/// <param name="Png">The image, as the bytes of a PNG file.</param>
/// <param name="Caption">The line.</param>
internal sealed record ReportImage(ReadOnlyMemory<byte> Png, string Caption);

/// <summary>A table; columns that hold only numbers stand on the right.</summary>
/// <param name="Columns">The headings.</param>
/// <param name="Rows">The rows, each as long as the headings.</param>
internal sealed record ReportTable(IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows);
