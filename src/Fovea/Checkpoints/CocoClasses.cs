using Fovea.Data;
using Fovea.Models;

namespace Fovea.Checkpoints;

/// <summary>
/// Names of COCO's categories, for checkpoints of detectors that were trained on them and do not hold the names. Ids go from 1 to 90; those
/// that no category has are called N/A.
/// </summary>
internal static class CocoClasses
{
    private const string Unused = "N/A";

    private static readonly string[] _byId =
    [
        "__background__", "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
        "fire hydrant", "N/A", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear",
        "zebra", "giraffe", "N/A", "backpack", "umbrella", "N/A", "N/A", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
        "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle", "N/A",
        "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog",
        "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "N/A", "dining table", "N/A", "N/A", "toilet", "N/A", "tv",
        "laptop", "mouse", "remote", "cell phone", "keyboard", "microwave", "oven", "toaster", "sink", "refrigerator", "N/A", "book",
        "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
    ];

    /// <summary>
    /// Names of the classes of a detector's checkpoint, by its number of classes and the code it comes from; null where they are others.
    /// </summary>
    /// <param name="match">The checkpoint, held against its model.</param>
    public static IReadOnlyList<string>? Of(CheckpointMatch match)
    {
        if (match.Scheme.Task != VisionTask.Detection)
        {
            return null;
        }

        // torchvision's RetinaNet counts the background, which nothing is ever taken for, as a class.
        string[] own = match.Scheme.Options.Detector?.Form == DetectorForm.Mmdetection
            ? [.. _byId.Skip(1).Where(name => name != Unused)]
            : match.Outline.Network.Head is RetinaNet ? _byId : _byId[1..];
        return own.Length == match.Outline.Network.Classes ? ClassNames.Distinct(own) : null;
    }
}
