using Fovea.Data;
using Fovea.Engine.Execution;

namespace Fovea.Formats.Onnx;

/// <summary>
/// Writes inference graphs as ONNX files: batch normalisations folded, what depends on weights alone computed, the rest operation by operation.
/// A run of the file chooses its own batch.
/// </summary>
public static class OnnxExporter
{
    /// <summary>The name of the file's input.</summary>
    public const string Input = "images";

    /// <summary>Writes a graph whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="build">
    /// Builds the graph for a batch: one input, a map (N, H, W, 3); the first output is the file's, and others only give their names to values inside.
    /// </param>
    /// <param name="options">What is to be chosen.</param>
    /// <param name="name">The graph's name.</param>
    /// <param name="metadata">Names and values that the file carries along.</param>
    /// <returns>The files that were written: one, or two where the weights are too large.</returns>
    /// <exception cref="OnnxExportException">Something in the graph has no form in ONNX files.</exception>
    /// <exception cref="UnwritableFileException">A file cannot be written; earlier ones stay.</exception>
    public static IReadOnlyList<string> Write(
        string path, Func<int, ComputeGraph> build, OnnxOptions options, string name, IReadOnlyDictionary<string, string> metadata)
    {
        options.Validate();
        ComputeGraph graph = new Fovea.Engine.Compile.Passes.FoldAffineIntoLinear().Run(build(BatchAxes.First));
        BatchAxes batch = new(graph, new Fovea.Engine.Compile.Passes.FoldAffineIntoLinear().Run(build(BatchAxes.Second)));
        (string outputName, Value output) = graph.Outputs.First();
        Value images = graph.Inputs.Values.Single();
        Selection selection = new(output, batch);
        MapLayouts layouts = new(selection, images, output);
        using ConstantTensors constants = new(selection);

        OnnxGraph target = new(options.Opset, batch, constants, Input);
        foreach (string reserved in (string[])[Input, .. graph.Outputs.Keys])
        {
            target.Reserve(reserved);
        }

        target.Define(images, options.Preprocessing is null ? Input : Normalise(target, options.Preprocessing), MapLayout.ChannelsFirst);
        ILookup<Value, string> names = graph.Outputs.ToLookup(entry => entry.Value, entry => entry.Key);
        foreach (ExportStep step in selection.Steps)
        {
            StepWriter.Write(step, layouts[step], target);
            foreach (Value result in step.Results.Where(result => names.Contains(result) && result != output))
            {
                target.Rename(result, names[result].First());
            }
        }

        target.Operand(output);
        target.Rename(output, outputName);

        OnnxModel model = new(
            options.Opset,
            name,
            target.Nodes,
            target.Initializers,
            InputOf(images.Shape, options),
            new OnnxValue(outputName, OnnxElementType.Float, Open(batch.OpenShape(output))),
            metadata);
        return OnnxFile.Write(path, model, options.MaxBytesInside);
    }

    private static OnnxValue InputOf(Shape map, OnnxOptions options) => options.Preprocessing is null
        ? new OnnxValue(Input, OnnxElementType.Float, [null, map[3], map[1], map[2]])
        : new OnnxValue(Input, OnnxElementType.UInt8, [null, map[1], map[2], map[3]]);

    private static IReadOnlyList<long?> Open(long[] shape) => [.. shape.Select(extent => extent < 0 ? (long?)null : extent)];

    /// <summary>Bytes (N, H, W, 3) to (x/255 − mean) / standard deviation, channels first.</summary>
    private static string Normalise(OnnxGraph graph, Preprocessing preprocessing)
    {
        float[] scale = [.. preprocessing.StandardDeviation.Select(deviation => 1 / (255 * deviation))];
        float[] shift = [.. preprocessing.Mean.Zip(preprocessing.StandardDeviation, (mean, deviation) => -mean / deviation)];
        graph.Path = "preprocessing";
        string numbers = graph.Add("Cast", [graph.Transpose(Input, 0, 3, 1, 2)], new OnnxAttribute("to", (long)OnnxElementType.Float));
        string scaled = graph.Add("Mul", [numbers, graph.Numbers("preprocessing.scale", scale, 1, scale.Length, 1, 1)]);
        return graph.Add("Add", [scaled, graph.Numbers("preprocessing.shift", shift, 1, shift.Length, 1, 1)]);
    }
}
