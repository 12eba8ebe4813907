using Fovea.Reporting;

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

    /// <summary>Unit that <see cref="Confusion"/> counts.</summary>
    public string Counted { get; init; } = "images";

    /// <summary>The images that were predicted wrong with most confidence.</summary>
    public IReadOnlyList<ReportMistake> Mistakes { get; init; } = [];

    /// <summary>Images with what was found in them, the worst first.</summary>
    public IReadOnlyList<ReportImage> Images { get; init; } = [];

    /// <summary>Overlays of the same images after some of the epochs.</summary>
    public IReadOnlyList<ReportImage> Explanations { get; init; } = [];

    /// <summary>The model by stage.</summary>
    public ReportTable? Model { get; init; }

    /// <summary>The run's configuration: option and value.</summary>
    public IReadOnlyList<ReportEntry> Configuration { get; init; } = [];
}

/// <summary>A label and its value.</summary>
/// <param name="Label">The label.</param>
/// <param name="Value">The value, as it is to be shown.</param>
internal sealed record ReportEntry(string Label, string Value);

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
