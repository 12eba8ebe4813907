using Fovea.Formats.Onnx.Steps;

namespace Fovea.Formats.Onnx;

/// <summary>Chooses the writer of a step. A new operation gets its line here, as it gets one in the compiler's lowering.</summary>
internal static class StepWriter
{
    /// <summary>Adds a step's nodes to a graph.</summary>
    /// <exception cref="OnnxExportException">ONNX has nothing for the operation, or nobody has written it down yet.</exception>
    public static void Write(ExportStep step, MapLayout layout, OnnxGraph graph)
    {
        graph.Path = step.Node.Path;
        switch (step.Operation)
        {
            case Convolution convolution:
                Products.WriteConvolution(convolution, step, graph);
                break;
            case DepthwiseConvolution convolution:
                Products.WriteDepthwise(convolution, step, graph);
                break;
            case MatMul product:
                Products.WriteProduct(product, step, layout, graph);
                break;
            case Attention attention:
                Attentions.Write(attention, step, graph);
                break;
            case LayerNormalization normalization:
                Normalizations.WriteLayerNormalization(normalization, step, graph);
                break;
            case ScaleAndShift:
                Normalizations.WriteScaleAndShift(step, layout, graph);
                break;
            case Softmax:
                Normalizations.WriteSoftmax(step, graph);
                break;
            case LogSoftmax:
                Normalizations.WriteLogSoftmax(step, graph);
                break;
            case Unary unary:
                Pointwise.WriteUnary(unary, step, layout, graph);
                break;
            case Binary binary:
                Pointwise.WriteBinary(binary, step, layout, graph);
                break;
            case Power power:
                Pointwise.WritePower(power, step, layout, graph);
                break;
            case Where:
                Pointwise.WriteWhere(step, layout, graph);
                break;
            case BroadcastTo:
                Layouts.WriteBroadcast(step, graph);
                break;
            case Reshape:
                Layouts.WriteReshape(step, graph);
                break;
            case Permute permute:
                Layouts.WritePermute(permute, step, graph);
                break;
            case Concat concat:
                Layouts.WriteConcat(concat, step, layout, graph);
                break;
            case Slice slice:
                Layouts.WriteSlice(slice, step, layout, graph);
                break;
            case SplitIntoParts split:
                Layouts.WriteSplit(split, step, layout, graph);
                break;
            case Pad pad:
                Layouts.WritePad(pad, step, layout, graph);
                break;
            case Gather:
                Layouts.WriteGather(step, graph);
                break;
            case Reduction reduction:
                Maps.WriteReduction(reduction, step, layout, graph);
                break;
            case Pooling pooling:
                Maps.WritePooling(pooling, step, graph);
                break;
            case Resize resample:
                Maps.WriteResample(resample, step, graph);
                break;
            default:
                throw new OnnxExportException($"{step.Node}: the operation {step.Operation.GetType().Name} has no form in ONNX files.");
        }
    }
}
