using Fovea.Data;

namespace Fovea.Server;

/// <summary>
/// The Open Inference Protocol, version 2 (kserve/open-inference-protocol), with its extension of binary tensors. Images come prepared, as
/// the network's input (N, H, W, C), or encoded.
/// </summary>
internal static class Protocol
{
    /// <summary>Version of every model: a model that changes keeps its name.</summary>
    public const string ModelVersion = "1";

    /// <summary>Input of prepared images, as the network takes them.</summary>
    public const string Images = "images";

    /// <summary>Input of encoded images.</summary>
    public const string Encoded = "encoded";

    /// <summary>Output of a classifier: the probability of each class.</summary>
    public const string Probabilities = "probabilities";

    /// <summary>
    /// Output of names of classes: the most probable one of each image, that of each object, or those that the numbers of pixels stand for.
    /// </summary>
    public const string Labels = "labels";

    /// <summary>Output of a detector: edges of boxes (left, top, right, bottom).</summary>
    public const string Boxes = "boxes";

    /// <summary>Output of a detector: scores.</summary>
    public const string Scores = "scores";

    /// <summary>Output of a segmentation network: the number of the class of each pixel.</summary>
    public const string Classes = "classes";

    /// <summary>Type of floats.</summary>
    public const string Float = "FP32";

    /// <summary>Type of numbers of classes.</summary>
    public const string Index = "UINT8";

    /// <summary>Type of texts and encoded images.</summary>
    public const string Bytes = "BYTES";

    /// <summary>Member of an answer that tells what was wrong.</summary>
    public const string Error = "error";

    /// <summary>Describes the server.</summary>
    public static ServerMetadata Server { get; } = new(
        "fovea", typeof(Protocol).Assembly.GetName().Version!.ToString(3), ["binary_tensor_data"]);

    /// <summary>Describes a model.</summary>
    /// <param name="model">The model.</param>
    public static ModelMetadata Describe(ServedModel model)
    {
        Preprocessing input = model.Info.Preprocessing;
        TensorMetadata encoded = new(Encoded, Bytes, [-1]);
        TensorMetadata labels = new(Labels, Bytes, [-1]);
        (TensorMetadata[] inputs, TensorMetadata[] outputs) = model.Runners[0] switch
        {
            ClassifyRunner => (
                new[] { new TensorMetadata(Images, Float, [-1, input.Height, input.Width, input.Channels]), encoded },
                new[] { new TensorMetadata(Probabilities, Float, [-1, model.Info.Classes.Count]), labels }),
            SegmentRunner => ([encoded], [new TensorMetadata(Classes, Index, [1, -1, -1]), labels]),
            _ => ([encoded], [new TensorMetadata(Boxes, Float, [-1, 4]), new TensorMetadata(Scores, Float, [-1]), labels]),
        };
        return new ModelMetadata(model.Name, [ModelVersion], "fovea", inputs, outputs);
    }
}
