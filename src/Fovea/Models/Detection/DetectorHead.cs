using Fovea.Engine.Execution;

namespace Fovea.Models;

/// <summary>
/// Base class of detectors: from the maps of a backbone's stages to boxes, scores and classes. What depends on the data is host code inside
/// the graph, with room for a fixed number of boxes.
/// </summary>
public abstract class DetectorHead : DenseHead
{
    /// <summary>Name of the output of boxes (N, D, 4): x1, y1, x2, y2 in pixels of the input.</summary>
    public const string BoxesName = "boxes";

    /// <summary>Name of the output of scores (N, D), in descending order.</summary>
    public const string ScoresName = "scores";

    /// <summary>Name of the output of class indices (N, D), integers; −1 where there is no detection.</summary>
    public const string ClassesName = "classes";

    /// <summary>
    /// Name of the mark of rows (N, D), integers: the index of the anchor or the proposal that each detection was made of, −1 where there
    /// is none.
    /// </summary>
    internal const string RowsName = "rows";

    private protected DetectorHead(int classes, DetectorOptions options)
        : base(classes) =>
        (Options, Rules) = (options, new DetectorRules(options, classes));

    /// <summary>Options that the head was made from.</summary>
    public DetectorOptions Options { get; }

    /// <summary>Name of the part, and of the mark, of the feature pyramid; its mark is the coarsest level.</summary>
    internal const string PyramidPart = "fpn";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Outputs => [BoxesName, ScoresName, ClassesName];

    /// <summary>Names of the losses of a training step; they are torchvision's.</summary>
    internal abstract override IReadOnlyList<string> LossNames { get; }

    /// <summary>Rules of the host code.</summary>
    internal DetectorRules Rules { get; }

    /// <summary>Builds the losses of a training step.</summary>
    /// <param name="images">Images (N, H, W, 3).</param>
    /// <param name="sizes">Rows and columns of each image (N, 2).</param>
    /// <param name="maps">Maps (N, H, W, C) of the backbone's stages.</param>
    /// <param name="objects">Objects of the step, read when it runs.</param>
    /// <returns>Single numbers by name, whose sum is minimised.</returns>
    internal IReadOnlyList<(string Name, Value Loss)> Losses(
        Value images, Value sizes, IReadOnlyList<Value> maps, TrainingObjects objects)
    {
        using (Enter(images.Graph))
        {
            return [.. LossNames.Zip(BuildLosses(images, sizes, maps, objects))];
        }
    }

    /// <summary>
    /// Builds the class logits (1, classes) of one row, the anchor or the proposal that <see cref="WriteRow"/> names. They are
    /// differentiable down to the images; proposals are none of their graph.
    /// </summary>
    /// <param name="maps">Maps (1, H, W, C) of the backbone's stages.</param>
    internal Value RowLogits(IReadOnlyList<Value> maps)
    {
        using (Enter(maps[0].Graph))
        {
            return BuildRowLogits(maps);
        }
    }

    /// <summary>
    /// Builds the best score of each class (N, classes) among all boxes that overlap a given one by half or more, whatever rows they are
    /// made of; 0 where none does.
    /// </summary>
    /// <param name="images">Images (N, H, W, 3).</param>
    /// <param name="sizes">Rows and columns of each image (N, 2).</param>
    /// <param name="maps">Maps (N, H, W, C) of the backbone's stages.</param>
    /// <param name="box">The box (4) in pixels of the input.</param>
    internal Value OverlapScores(Value images, Value sizes, IReadOnlyList<Value> maps, Value box)
    {
        using (Enter(images.Graph))
        {
            return BuildOverlapScores(images, sizes, maps, box);
        }
    }

    /// <summary>Writes the row that a plan with <see cref="RowLogits"/> is about.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="row">The row.</param>
    internal abstract void WriteRow(Plan plan, DetectedRow row);

    /// <summary>Level of the pyramid that a row is read from: the name of its mark.</summary>
    /// <param name="row">The row.</param>
    /// <param name="sizeOf">Rows and columns of a level, by the name of its mark.</param>
    internal abstract string LevelOf(DetectedRow row, Func<string, (int Rows, int Columns)> sizeOf);

    /// <inheritdoc cref="RowLogits"/>
    private protected abstract Value BuildRowLogits(IReadOnlyList<Value> maps);

    /// <inheritdoc cref="OverlapScores"/>
    private protected abstract Value BuildOverlapScores(Value images, Value sizes, IReadOnlyList<Value> maps, Value box);

    /// <summary>Builds the losses in the order of <see cref="LossNames"/>.</summary>
    private protected abstract IEnumerable<Value> BuildLosses(
        Value images, Value sizes, IReadOnlyList<Value> maps, TrainingObjects objects);

    /// <summary>Results of a node of host code.</summary>
    /// <param name="part">Part of the head that the node belongs to.</param>
    /// <param name="operation">The host code.</param>
    /// <param name="operands">Operands.</param>
    private protected static IReadOnlyList<Value> Apply(string part, HostOperation operation, params ReadOnlySpan<Value> operands)
    {
        using (operands[0].Graph.Enter(part))
        {
            return operands[0].Graph.Apply(operation, operands).Producer.Outputs;
        }
    }

    /// <summary>Marks boxes, scores, classes and rows.</summary>
    private protected static void MarkDetections(IReadOnlyList<Value> detections)
    {
        detections[0].Mark(BoxesName);
        detections[1].Mark(ScoresName);
        detections[2].Mark(ClassesName);
        detections[^1].Mark(RowsName);
    }

    /// <summary>Sum of all elements, as a single number (1).</summary>
    private protected static Value Total(Value elements) =>
        elements.Reshape([(int)elements.Shape.Elements]).Sum(axes: [0]).Reshape([1]);
}
