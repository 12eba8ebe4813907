namespace Fovea.Reference;

/// <summary>Sum, mean and largest along neighbouring axes.</summary>
internal static class Reductions
{
    /// <summary>Joins the elements along the axes.</summary>
    public static void Reduction(NodeRun run)
    {
        Reduction reduction = (Reduction)run.Node.Operation;
        float[] x = run.In(0);
        int inner = Layouts.Elements(run.InShape(0), reduction.FirstAxis + reduction.Axes, run.InShape(0).Rank);
        int reduced = Layouts.Elements(run.InShape(0), reduction.FirstAxis, reduction.FirstAxis + reduction.Axes);
        for (int i = 0; i < run.Out().Length; i++)
        {
            int start = (i / inner * reduced * inner) + (i % inner);
            double sum = 0;
            double largest = double.NegativeInfinity;
            for (int r = 0; r < reduced; r++)
            {
                sum += x[start + (r * inner)];
                largest = Math.Max(largest, x[start + (r * inner)]);
            }

            run.Out()[i] = (float)(reduction.Kind switch
            {
                ReductionKind.Sum => sum,
                ReductionKind.Mean => sum / reduced,
                ReductionKind.Max => largest,
                _ => throw new NotSupportedException($"The reference executor has no definition of the reduction {reduction.Kind}."),
            });
        }
    }
}
