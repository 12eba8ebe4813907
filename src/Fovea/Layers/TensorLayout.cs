using System.Runtime.Intrinsics;

namespace Fovea.Layers;

/// <summary>Layout in checkpoints, which follow PyTorch, of a tensor that the engine stores.</summary>
public enum TensorLayout
{
    /// <summary>Same layout in both.</summary>
    Same,

    /// <summary>Convolution weights and maps: (out, height, width, in) here, (out, in, height, width) in checkpoints.</summary>
    ChannelsLast,

    /// <summary>
    /// Convolution weights that checkpoints hold as a linear layer's over unfolded patches: (out, height, width, in) here, (out,
    /// in·height·width) there.
    /// </summary>
    Unfolded,

    /// <summary>Depthwise weights: (height, width, channels) here, (channels, 1, height, width) in checkpoints.</summary>
    Depthwise,
}

/// <summary>Carries values between the engine's layout and that of checkpoints.</summary>
internal static class TensorLayouts
{
    /// <summary>The shape in checkpoints of a tensor that the engine stores with the given shape.</summary>
    public static Shape CheckpointShape(this TensorLayout layout, Shape stored) => layout switch
    {
        TensorLayout.ChannelsLast => [stored[0], stored[3], stored[1], stored[2]],
        TensorLayout.Unfolded => [stored[0], stored[1] * stored[2] * stored[3]],
        TensorLayout.Depthwise => [stored[2], 1, stored[0], stored[1]],
        _ => stored,
    };

    /// <summary>
    /// The shape that the engine stores a tensor of a checkpoint with; null for <see cref="TensorLayout.Unfolded"/>, where it cannot be
    /// told.
    /// </summary>
    public static Shape? StoredShape(this TensorLayout layout, Shape checkpoint) => layout switch
    {
        TensorLayout.ChannelsLast when checkpoint.Rank == 4 => [checkpoint[0], checkpoint[2], checkpoint[3], checkpoint[1]],
        TensorLayout.Depthwise when checkpoint.Rank == 4 => [checkpoint[2], checkpoint[3], checkpoint[0]],
        TensorLayout.Same => checkpoint,
        _ => null,
    };

    /// <summary>
    /// True if a tensor that the engine stores with the given shape has its values in the same order in checkpoints, such as a 1×1
    /// convolution's.
    /// </summary>
    public static bool KeepsOrder(this TensorLayout layout, Shape stored) => layout switch
    {
        TensorLayout.ChannelsLast or TensorLayout.Unfolded => stored[3] == 1 || stored[1] * stored[2] == 1,
        TensorLayout.Depthwise => stored[2] == 1 || stored[0] * stored[1] == 1,
        _ => true,
    };

    /// <summary>Reorders values from the engine's layout to that of checkpoints.</summary>
    public static void ToCheckpoint(this TensorLayout layout, Shape stored, ReadOnlySpan<float> source, Span<float> target)
    {
        switch (layout)
        {
            case TensorLayout.ChannelsLast or TensorLayout.Unfolded:
                Transpose(source, target, stored[0], stored[1] * stored[2], stored[3]);
                break;
            case TensorLayout.Depthwise:
                Transpose(source, target, 1, stored[0] * stored[1], stored[2]);
                break;
            default:
                source.CopyTo(target);
                break;
        }
    }

    /// <summary>Reorders values from the layout of checkpoints to the engine's.</summary>
    public static void FromCheckpoint(this TensorLayout layout, Shape stored, ReadOnlySpan<float> source, Span<float> target)
    {
        switch (layout)
        {
            case TensorLayout.ChannelsLast or TensorLayout.Unfolded:
                Transpose(source, target, stored[0], stored[3], stored[1] * stored[2]);
                break;
            case TensorLayout.Depthwise:
                Transpose(source, target, 1, stored[2], stored[0] * stored[1]);
                break;
            default:
                source.CopyTo(target);
                break;
        }
    }

    private static void Transpose(ReadOnlySpan<float> source, Span<float> target, int count, int rows, int columns)
    {
        int length = rows * columns;
        for (int matrix = 0; matrix < count; matrix++)
        {
            Transpose(source.Slice(matrix * length, length), target.Slice(matrix * length, length), rows, columns);
        }
    }

    private static void Transpose(ReadOnlySpan<float> source, Span<float> target, int rows, int columns)
    {
        // Eight rows at a time: they are read from end to end, and a column's share of them is written at once.
        int whole = rows - (rows % Vector256<float>.Count);
        for (int row = 0; row < whole; row += Vector256<float>.Count)
        {
            ReadOnlySpan<float> from = source.Slice(row * columns, Vector256<float>.Count * columns);
            for (int column = 0; column < columns; column++)
            {
                Vector256.Create(
                    from[column],
                    from[columns + column],
                    from[(2 * columns) + column],
                    from[(3 * columns) + column],
                    from[(4 * columns) + column],
                    from[(5 * columns) + column],
                    from[(6 * columns) + column],
                    from[(7 * columns) + column]).CopyTo(target[((column * rows) + row)..]);
            }
        }

        for (int row = whole; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                target[(column * rows) + row] = source[(row * columns) + column];
            }
        }
    }
}
