namespace Fovea.Reference;

/// <summary>Changes of layout: where each element of the result comes from. They take elements of any type.</summary>
internal static class Layouts
{
    /// <summary>Axis i of the result is another axis of the operand.</summary>
    public static void Permute(NodeRun run)
    {
        Permute permute = (Permute)run.Node.Operation;
        Shape result = run.OutShape();
        long[] strides = run.InShape(0).Strides();
        for (int i = 0; i < result.Elements; i++)
        {
            int source = 0;
            int rest = i;
            for (int axis = result.Rank - 1; axis >= 0; axis--)
            {
                (rest, int position) = Math.DivRem(rest, result[axis]);
                source += position * (int)strides[permute.Source(axis)];
            }

            Array.Copy(run.Inputs[0], source, run.Outputs[0], i, 1);
        }
    }

    /// <summary>Values one after another along an axis.</summary>
    public static void Concat(NodeRun run)
    {
        int axis = ((Concat)run.Node.Operation).Axis;
        int start = 0;
        for (int i = 0; i < run.Inputs.Count; i++)
        {
            Move(run.Inputs[i], run.InShape(i), 0, run.Outputs[0], run.OutShape(), start, axis, run.InShape(i)[axis]);
            start += run.InShape(i)[axis];
        }
    }

    /// <summary>Equal parts along the first axis.</summary>
    public static void Chunk(NodeRun run)
    {
        int length = run.OutShape()[0];
        for (int i = 0; i < run.Outputs.Count; i++)
        {
            Move(run.Inputs[0], run.InShape(0), i * length, run.Outputs[i], run.OutShape(i), 0, 0, length);
        }
    }

    /// <summary>A part along one axis.</summary>
    public static void Slice(NodeRun run)
    {
        Slice slice = (Slice)run.Node.Operation;
        Move(run.Inputs[0], run.InShape(0), slice.Start, run.Outputs[0], run.OutShape(), 0, slice.Axis, slice.Length);
    }

    /// <summary>Zeros in front and behind along one axis.</summary>
    public static void Pad(NodeRun run)
    {
        Pad pad = (Pad)run.Node.Operation;
        Move(run.Inputs[0], run.InShape(0), 0, run.Outputs[0], run.OutShape(), pad.Before, pad.Axis, run.InShape(0)[pad.Axis]);
    }

    /// <summary>Rows of a table by index.</summary>
    public static void Gather(NodeRun run)
    {
        int width = run.InShape(0)[1];
        int[] indices = run.Integers(1);
        for (int i = 0; i < indices.Length; i++)
        {
            Array.Copy(run.Inputs[0], Row(indices[i], run.InShape(0)[0]) * width, run.Outputs[0], i * width, width);
        }
    }

    /// <summary>Rows added into a table of zeros by index.</summary>
    public static void ScatterAdd(NodeRun run)
    {
        (int[] indices, float[] rows) = (run.Integers(0), run.In(1));
        int width = run.InShape(1).Last;
        double[] table = new double[run.OutShape().Elements];
        for (int i = 0; i < rows.Length; i++)
        {
            table[(Row(indices[i / width], run.OutShape()[0]) * width) + (i % width)] += rows[i];
        }

        Rounding.Store(table, run.Out());
    }

    /// <summary>The product of the extents of axes [first, end).</summary>
    public static int Elements(Shape shape, int first, int end) =>
        shape.Skip(first).Take(end - first).Aggregate(1, (product, extent) => product * extent);

    /// <summary>Copies some positions along an axis from one value to another.</summary>
    private static void Move(Array source, Shape from, int fromStart, Array target, Shape to, int toStart, int axis, int length)
    {
        int inner = Elements(from, axis + 1, from.Rank);
        for (int outer = 0; outer < Elements(from, 0, axis); outer++)
        {
            Array.Copy(source, ((outer * from[axis]) + fromStart) * inner, target, ((outer * to[axis]) + toStart) * inner, length * inner);
        }
    }

    private static int Row(int index, int entries) =>
        index >= 0 && index < entries
        ? index
        : throw new ArgumentOutOfRangeException(nameof(index), $"The index {index} points outside a table of {entries} entries.");
}
