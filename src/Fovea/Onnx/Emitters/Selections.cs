using Fovea.Detection;
using Fovea.Models;

namespace Fovea.Onnx.Emitters;

/// <summary>
/// Writes a detector's choices among boxes, which are host code in Fovea, with standard operators. Files of detectors serve one image.
/// </summary>
internal static class Selections
{
    /// <summary>Proposals among the anchors.</summary>
    public static IReadOnlyList<string> Proposals(SelectProposals choice, Emission node)
    {
        RequireOneImage(node, sizes: 2);
        OnnxGraph graph = node.Graph;
        BestOfLevels best = new(graph, graph.Reshape(node.Operand(0), -1), choice.Anchors.LevelSizes, choice.Options.PerLevel);
        string boxes = AnchorBoxes(node, choice.Anchors, choice.Options.Coder, best.Indices, sizes: 2);
        string scores = graph.Add("Sigmoid", [best.Scores]);
        string isLarge = graph.Reshape(BoxArithmetic.HasSides(graph, boxes, choice.Options.ShortestSide), -1);
        string isLikely = graph.Add("GreaterOrEqual", [scores, graph.Number(choice.Options.LeastScore)]);
        scores = Only(graph, graph.Add("And", [isLarge, isLikely]), scores);
        Suppression suppression = new(graph, choice.Options.Suppression, Suppression.NoScore, choice.Capacity);
        ChosenBoxes chosen = suppression.AmongGroups(boxes, scores, best.Levels(graph), choice.Anchors.LevelSizes.Length, best.Count);
        return Regions(graph, chosen, choice.Mapper);
    }

    /// <summary>Detections among the anchors.</summary>
    public static IReadOnlyList<string> Anchors(SelectAnchors choice, Emission node)
    {
        RequireOneImage(node, sizes: 2);
        if (choice.Options.WholeAnchors)
        {
            throw new OnnxExportException($"{node.Node}: a file chooses pairs of anchor and class, not anchors with all of their classes.");
        }

        OnnxGraph graph = node.Graph;
        string classCount = graph.Integers(choice.Options.Classes);
        string pairs = graph.Add("Sigmoid", [graph.Reshape(node.Operand(0), -1)]);
        int[] sizes = [.. choice.Anchors.LevelSizes.Select(size => size * choice.Options.Classes)];
        BestOfLevels best = new(graph, pairs, sizes, choice.Options.PerLevel);
        string classes = graph.Add("Mod", [best.Indices, classCount]);
        string anchors = graph.Add("Div", [best.Indices, classCount]);
        string boxes = AnchorBoxes(node, choice.Anchors, choice.Options.Coder, anchors, sizes: 2);
        Suppression suppression = new(graph, choice.Options.Suppression, choice.Options.ScoreAbove, choice.Capacity);
        ChosenBoxes chosen = suppression.AmongGroups(boxes, best.Scores, classes, choice.Options.Classes, best.Count);
        return Detections(graph, chosen, graph.Add("Gather", [classes, chosen.Indices], new OnnxAttribute("axis", 0L)));
    }

    /// <summary>Detections among the regions, and, where anything reads them, the same as regions with their levels.</summary>
    public static IReadOnlyList<string> Detections(SelectRegions choice, Emission node)
    {
        RequireOneImage(node, sizes: 3);
        OnnxGraph graph = node.Graph;
        RegionClasses labels = choice.Options.Classes;
        int count = node.Inputs[0].Shape[0];
        string regions = node.Operand(0);
        string references = graph.Reshape(graph.Slice(regions, 1, 1, 4), count, 1, 4);
        string codes = Classes(graph, graph.Reshape(node.Operand(2), count, labels.BoxesPerRegion, 4), labels);
        string boxes = BoxArithmetic.Decode(graph, choice.Options.Coder, references, codes, node.Operand(3, "sizes"));
        string scores = Classes(graph, graph.Add("Softmax", [node.Operand(1)], new OnnxAttribute("axis", 1L)), labels);
        string isLarge = graph.Reshape(BoxArithmetic.HasSides(graph, boxes, choice.Options.ShortestSide), count, labels.Count);
        string isThere = graph.Add("GreaterOrEqual", [graph.Slice(regions, 1, 0, 1), graph.Number(0)]);
        scores = Only(graph, graph.Add("And", [isLarge, isThere]), scores);
        Suppression suppression = new(graph, choice.Options.Suppression, choice.Options.ScoreAbove, choice.Capacity);
        ChosenBoxes chosen = suppression.AmongRegions(boxes, scores, labels.Count, count);
        IReadOnlyList<string> detections =
            Detections(graph, chosen, graph.Add("Mod", [chosen.Indices, graph.Integers(labels.Count)]));
        return node.Values.Source.IsRead(node.Node.Outputs[3]) ? [.. detections, .. Regions(graph, chosen, choice.Mapper)] : detections;
    }

    /// <summary>Masks of the predicted classes: probabilities, a channel for each detection.</summary>
    public static string Masks(PredictedMasks choice, Emission node)
    {
        OnnxGraph graph = node.Graph;
        string predicted = graph.Reshape(node.Values.Operand(node.Inputs[1], MapLayout.ChannelsLast), -1, 1);
        string classes = graph.Add("Max", [predicted, graph.Integers(0)]);
        string labels = choice.Classes.BackgroundFirst ? graph.Add("Add", [classes, graph.Integers(1)]) : classes;
        string chosen = graph.Add("GatherND", [node.Operand(0), labels], new OnnxAttribute("batch_dims", 1L));
        Shape map = node.Result;
        return graph.Reshape(graph.Add("Sigmoid", [chosen]), map[0], map[3], map[1], map[2]);
    }

    private static string AnchorBoxes(Emission node, PyramidAnchors anchors, BoxCoder coder, string indices, int sizes)
    {
        OnnxGraph graph = node.Graph;
        OnnxAttribute rows = new("axis", 0L);
        string all = graph.Numbers(graph.Unique("anchors"), anchors.Boxes, anchors.Count, Boxes.Numbers);
        string references = graph.Add("Gather", [all, indices], rows);
        string codes = graph.Add("Gather", [graph.Reshape(node.Operand(1), anchors.Count, Boxes.Numbers), indices], rows);
        return BoxArithmetic.Decode(graph, coder, references, codes, node.Operand(sizes, "sizes"));
    }

    /// <summary>Logits of the classes, along axis 1, without the background.</summary>
    private static string Classes(OnnxGraph graph, string ofLabels, RegionClasses labels) =>
        graph.Slice(ofLabels, 1, labels.LabelOf(0), labels.Count);

    private static string Only(OnnxGraph graph, string condition, string scores) =>
        graph.Add("Where", [condition, scores, graph.Number(Suppression.NoScore)]);

    /// <summary>Boxes (1, D, 4), scores (1, D) and classes (1, D), −1 where there is no detection.</summary>
    private static IReadOnlyList<string> Detections(OnnxGraph graph, ChosenBoxes chosen, string classes)
    {
        string known = graph.Add("Where", [chosen.IsThere, classes, graph.Integers(-1)]);
        return [graph.Reshape(chosen.Boxes, 1, -1, Boxes.Numbers), graph.Reshape(chosen.Scores, 1, -1), graph.Reshape(known, 1, -1)];
    }

    /// <summary>Regions (D, 5) of the image of index 0, −1 where there is none, and their levels (D).</summary>
    private static IReadOnlyList<string> Regions(OnnxGraph graph, ChosenBoxes chosen, LevelMapper mapper)
    {
        string images = graph.Add("Where", [chosen.IsThere, graph.Number(0), graph.Number(-1)]);
        string regions = graph.Add("Concat", [graph.Reshape(images, -1, 1), chosen.Boxes], new OnnxAttribute("axis", 1L));
        return [regions, BoxArithmetic.Levels(graph, mapper, chosen.Boxes)];
    }

    private static void RequireOneImage(Emission node, int sizes)
    {
        int images = node.Inputs[sizes].Shape[0];
        if (images != 1)
        {
            throw new OnnxExportException($"{node.Node}: the file of a detector serves one image in a run, and not {images}.");
        }
    }
}
