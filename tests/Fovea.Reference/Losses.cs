namespace Fovea.Reference;

/// <summary>Cross-entropy −Σ target·log softmax(x) with smoothed targets, and its gradient.</summary>
internal static class Losses
{
    /// <summary>The loss of each row; 0 where the label is −1.</summary>
    public static void CrossEntropy(NodeRun run)
    {
        float smoothing = ((CrossEntropy)run.Node.Operation).Smoothing;
        float[] x = run.In(0);
        int classes = run.InShape(0).Last;
        for (int row = 0; row < run.Out().Length; row++)
        {
            int label = Label(run, row, classes);
            ReadOnlySpan<float> logits = x.AsSpan(row * classes, classes);
            double loss = 0;
            double logSum = LogSum(logits);
            for (int c = 0; c < classes && label >= 0; c++)
            {
                // A target of 0 gives nothing, even where a logit is −∞.
                double target = Target(c, label, smoothing, classes);
                loss += target == 0 ? 0 : target * (logSum - logits[c]);
            }

            run.Out()[row] = (float)loss;
        }
    }

    /// <summary>The gradient of each row's loss times softmax(x) − target; 0 where the label is −1.</summary>
    public static void CrossEntropyGradient(NodeRun run)
    {
        float smoothing = ((CrossEntropyGradient)run.Node.Operation).Smoothing;
        (float[] x, float[] upstream) = (run.In(0), run.In(2));
        int classes = run.InShape(0).Last;
        for (int row = 0; row < upstream.Length; row++)
        {
            int label = Label(run, row, classes);
            double[] probabilities = Probabilities(x.AsSpan(row * classes, classes));
            for (int c = 0; c < classes; c++)
            {
                double gradient = upstream[row] * (probabilities[c] - Target(c, label, smoothing, classes));
                run.Out()[(row * classes) + c] = label < 0 ? 0 : (float)gradient;
            }
        }
    }

    /// <summary>e^x / Σ e^x.</summary>
    public static double[] Probabilities(ReadOnlySpan<float> logits)
    {
        double logSum = LogSum(logits);
        double[] probabilities = new double[logits.Length];
        for (int c = 0; c < logits.Length; c++)
        {
            probabilities[c] = Math.Exp(logits[c] - logSum);
        }

        return probabilities;
    }

    /// <summary>log Σ e^x.</summary>
    public static double LogSum(ReadOnlySpan<float> logits)
    {
        double largest = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return largest + Math.Log(sum);
    }

    private static double Target(int c, int label, float smoothing, int classes) =>
        (c == label ? 1.0 - smoothing : 0) + ((double)smoothing / classes);

    private static int Label(NodeRun run, int row, int classes)
    {
        int label = run.Integers(1)[row];
        return label >= -1 && label < classes
            ? label
            : throw new ArgumentOutOfRangeException(nameof(run), $"The label of row {row} is {label}, and there are {classes} classes.");
    }
}
