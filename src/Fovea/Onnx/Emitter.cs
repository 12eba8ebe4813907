using Fovea.Models;
using Fovea.Onnx.Emitters;
using Fovea.Onnx.Passes;

namespace Fovea.Onnx;

/// <summary>The writer of an operation.</summary>
/// <param name="Layout">
/// The layout of maps that it reads and writes; null if it does as well with either, as long as all of its values are maps.
/// </param>
/// <param name="Write">Adds the nodes and returns the names of the results.</param>
internal sealed record Emitter(MapLayout? Layout, Func<Emission, IReadOnlyList<string>> Write)
{
    // A new operation gets its line here, as it gets one in the compiler's lowering.
    private static readonly Dictionary<Type, Emitter> _emitters = new(
    [
        For<Convolution>(MapLayout.ChannelsFirst, Linears.Convolution),
        For<DepthwiseConvolution>(MapLayout.ChannelsFirst, Linears.Depthwise),
        For<ChannelMultiplyingConvolution>(MapLayout.ChannelsFirst, Linears.ChannelMultiplying),
        For<MatMul>(null, Linears.MatMul),
        For<Attention>(MapLayout.ChannelsLast, Attentions.Attention),
        For<LayerNormalization>(MapLayout.ChannelsLast, Normalizations.LayerNormalization),
        For<ScaleShift>(null, Normalizations.ScaleShift),
        For<Softmax>(MapLayout.ChannelsLast, Normalizations.Softmax),
        For<LogSoftmax>(MapLayout.ChannelsLast, Normalizations.LogSoftmax),
        For<Unary>(null, Pointwise.Unary),
        For<Binary>(null, Pointwise.Binary),
        For<Power>(null, Pointwise.Power),
        For<Where>(null, Pointwise.Where),
        For<BroadcastTo>(MapLayout.ChannelsLast, Layouts.BroadcastTo),
        For<Constant>(MapLayout.ChannelsLast, Layouts.Constant),
        For<Reshape>(MapLayout.ChannelsLast, Layouts.Reshape),
        For<Permute>(MapLayout.ChannelsLast, Layouts.Permute),
        For<Concat>(null, Layouts.Concat),
        For<Slice>(null, Layouts.Slice),
        For<Split>(null, Layouts.Split),
        For<Pad>(null, Layouts.Pad),
        For<Gather>(MapLayout.ChannelsLast, Layouts.Gather),
        For<Reduction>(null, Maps.Reduction),
        For<Pooling>(MapLayout.ChannelsFirst, Maps.Pooling),
        For<Resize>(MapLayout.ChannelsFirst, Maps.Resize),
        For<RoiAlign>(MapLayout.ChannelsFirst, Regions.RoiAlign),
        For<SelectProposals>(MapLayout.ChannelsLast, Selections.Proposals),
        For<SelectAnchors>(MapLayout.ChannelsLast, Selections.Anchors),
        For<SelectRegions>(MapLayout.ChannelsLast, Selections.Detections),
        For<PredictedMasks>(MapLayout.ChannelsFirst, Selections.Masks),
        For<LargestLogit>(MapLayout.ChannelsFirst, Maps.LargestLogit),
    ]);

    /// <summary>The emitter of a node.</summary>
    /// <exception cref="OnnxExportException">ONNX has nothing for the operation, or nobody has written it down yet.</exception>
    public static Emitter Of(Node node) => _emitters.GetValueOrDefault(node.Operation.GetType()) ?? throw OnnxExportException.NoForm(node);

    private static KeyValuePair<Type, Emitter> For<T>(MapLayout? layout, Func<Emission, string> write)
        where T : Operation => new(typeof(T), new Emitter(layout, node => [write(node)]));

    private static KeyValuePair<Type, Emitter> For<T>(MapLayout? layout, Func<T, Emission, string> write)
        where T : Operation => new(typeof(T), new Emitter(layout, node => [write((T)node.Node.Operation, node)]));

    private static KeyValuePair<Type, Emitter> For<T>(MapLayout? layout, Func<T, Emission, IReadOnlyList<string>> write)
        where T : Operation => new(typeof(T), new Emitter(layout, node => write((T)node.Node.Operation, node)));
}
