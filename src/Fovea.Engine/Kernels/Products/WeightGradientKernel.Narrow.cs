namespace Fovea.Engine.Kernels;

/// <content>
/// Narrow gradients, whose operands would take longer to turn and to pack than to multiply: sums of outer products of the rows as they lie,
/// over blocks of rows that stay in the nearest caches while all of the gradient is summed over them.
/// </content>
internal static unsafe partial class WeightGradientKernel
{
    // Wider inputs are those of detectors, most of whose rows have no gradient and are left out by the other way.
    private const int MaxNarrowInputs = 192;
    private const int MaxNarrowOutputs = 512;
    private const int NarrowBlockFloats = 32 * 1024;
    private const int MinNarrowBlockRows = 32;

    private static bool IsNarrow(in WeightGradientArguments arguments) =>
        arguments.Inputs <= MaxNarrowInputs
        && arguments.Outputs is >= OuterProductTile.Rows and <= MaxNarrowOutputs
        && Chunks(arguments.Rows, arguments.Outputs, arguments.Inputs) > 1;

    private static void RunNarrow(
        in WeightGradientArguments arguments, float* input, nint inputStride, int firstPart, int lastPart, float* sums)
    {
        int chunks = Chunks(arguments.Rows, arguments.Outputs, arguments.Inputs);
        int tiles = OuterProductTile.Tiles(arguments.Outputs);
        int columns = OuterProductTile.PaddedColumns(arguments.Inputs);
        int blockRows = Math.Max(NarrowBlockFloats / (arguments.Inputs + arguments.Outputs), MinNarrowBlockRows);
        for (int chunk = firstPart; chunk < lastPart; chunk++)
        {
            new Span<float>(sums, tiles * OuterProductTile.Rows * columns).Clear();
            int lastRow = (int)((long)arguments.Rows * (chunk + 1) / chunks);
            for (int row = (int)((long)arguments.Rows * chunk / chunks); row < lastRow; row += blockRows)
            {
                OuterProductSteps steps = new(0, inputStride, arguments.OutputGradientStride, 1, Math.Min(blockRows, lastRow - row));
                float* gradient = arguments.OutputGradient + row * arguments.OutputGradientStride;
                for (int tile = 0; tile < tiles; tile++)
                {
                    OuterProductTile.PrefetchNext(gradient, steps.Terms * arguments.OutputGradientStride, tile, tiles);
                    OuterProductTile.PrefetchNext(input + row * inputStride, steps.Terms * inputStride, tile, tiles);
                    OuterProductTile.Add(
                        gradient + OuterProductTile.FirstRow(tile, arguments.Outputs), input + row * inputStride, columns,
                        in steps, sums + (nint)tile * OuterProductTile.Rows * columns, columns);
                }
            }

            Unpad(in arguments, sums, columns, arguments.Partials + (nint)chunk * arguments.Outputs * arguments.Inputs);
        }
    }

    private static void Unpad(in WeightGradientArguments arguments, float* sums, int columns, float* partial)
    {
        for (int row = 0; row < OuterProductTile.Tiles(arguments.Outputs) * OuterProductTile.Rows; row++)
        {
            int output = OuterProductTile.FirstRow(row / OuterProductTile.Rows, arguments.Outputs) + (row % OuterProductTile.Rows);
            new ReadOnlySpan<float>(sums + (nint)row * columns, arguments.Inputs).CopyTo(
                new Span<float>(partial + (nint)output * arguments.Inputs, arguments.Inputs));
        }
    }
}
