using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Fovea.Engine.Kernels;

/// <summary>
/// Cross-entropy of the softmax of logits against integer labels, row by row, with smoothed targets (arXiv 1512.00567, section 7), and its
/// gradient. A label of −1 leaves its row out.
/// </summary>
internal static unsafe class CrossEntropyKernel
{
    private const int FloatsPerPart = 8 * 1024;
    private const int LeftOut = -1;

    /// <summary>Independent parts of <see cref="Forward"/> and <see cref="Gradient"/>: blocks of rows.</summary>
    public static int Parts(int rows, int classes) => (rows + RowsPerPart(classes) - 1) / RowsPerPart(classes);

    /// <summary>
    /// Computes parts [first, last) of the losses log Σ exp(x) − (1 − ε)·x[label] − ε/classes·Σ x.
    /// </summary>
    /// <param name="logits">x, [rows, classes].</param>
    /// <param name="labels">[rows], each −1 (loss 0) or a class.</param>
    /// <param name="smoothing">ε.</param>
    /// <param name="losses">The result, [rows].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="first">First part.</param>
    /// <param name="last">One past the last part.</param>
    /// <exception cref="ArgumentOutOfRangeException">A label is neither −1 nor a class.</exception>
    public static void Forward(float* logits, int* labels, float smoothing, float* losses, int rows, int classes, int first, int last)
    {
        int end = (int)Math.Min((long)last * RowsPerPart(classes), rows);
        for (int row = first * RowsPerPart(classes); row < end; row++)
        {
            int label = LabelOf(labels, row, classes);
            losses[row] = label == LeftOut ? 0 : RowLoss(logits + (nint)row * classes, label, smoothing, classes);
        }
    }

    /// <summary>
    /// Computes parts [first, last) of the gradient of the logits, g·(softmax(x) − target), where g is the gradient of a row's loss.
    /// </summary>
    /// <param name="logits">x, [rows, classes].</param>
    /// <param name="labels">[rows], each −1 (gradient 0) or a class.</param>
    /// <param name="smoothing">ε.</param>
    /// <param name="lossGradients">g, [rows].</param>
    /// <param name="logitGradients">The result, [rows, classes]; may be <paramref name="logits"/>.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="first">First part.</param>
    /// <param name="last">One past the last part.</param>
    /// <exception cref="ArgumentOutOfRangeException">A label is neither −1 nor a class.</exception>
    public static void Gradient(
        float* logits, int* labels, float smoothing, float* lossGradients, float* logitGradients, int rows, int classes, int first,
        int last)
    {
        int end = (int)Math.Min((long)last * RowsPerPart(classes), rows);
        for (int row = first * RowsPerPart(classes); row < end; row++)
        {
            int label = LabelOf(labels, row, classes);
            float* target = logitGradients + (nint)row * classes;
            if (label == LeftOut)
            {
                new Span<float>(target, classes).Clear();
            }
            else
            {
                RowGradient(logits + (nint)row * classes, label, smoothing, lossGradients[row], target, classes);
            }
        }
    }

    private static int RowsPerPart(int classes) => Math.Max(FloatsPerPart / classes, 1);

    private static int LabelOf(int* labels, int row, int classes)
    {
        int label = labels[row];
        if (label < LeftOut || label >= classes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(labels),
                $"The label of row {row} is {label}; with {classes} classes a label from 0 to {classes - 1} is expected, "
                + "or -1 to leave the row out.");
        }

        return label;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float RowLoss(float* logits, int label, float smoothing, int classes)
    {
        float largest = SoftmaxKernel.Largest(logits, classes);
        Vector256<float> shifts = Vector256.Create(largest);
        Vector256<float> powers = Vector256<float>.Zero;
        Vector256<float> sum = Vector256<float>.Zero;
        int column = 0;
        for (; column <= classes - 8; column += 8)
        {
            Vector256<float> shifted = Vector256.Load(logits + column) - shifts;
            powers += VectorMath.Exp(shifted);
            sum += shifted;
        }

        if (column < classes)
        {
            Vector256<float> mask = MaskedVector.Mask(classes - column);
            Vector256<float> shifted = (Vector256.Load(logits + column) - shifts) & mask;
            powers += VectorMath.Exp(shifted) & mask;
            sum += shifted;
        }

        float loss = MathF.Log(Vector256.Sum(powers)) - (1 - smoothing) * (logits[label] - largest);

        // Without smoothing a logit of −∞ has no share in the loss; 0·∞ would give it one.
        return smoothing == 0 ? loss : loss - smoothing / classes * Vector256.Sum(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void RowGradient(float* logits, int label, float smoothing, float lossGradient, float* target, int classes)
    {
        float sum = SoftmaxKernel.Exponentials(logits, SoftmaxKernel.Largest(logits, classes), target, classes);
        float scale = lossGradient / sum;
        float everywhere = -lossGradient * smoothing / classes;
        Vector256<float> scales = Vector256.Create(scale);
        Vector256<float> offsets = Vector256.Create(everywhere);
        int column = 0;
        for (; column <= classes - 8; column += 8)
        {
            Vector256.MultiplyAddEstimate(Vector256.Load(target + column), scales, offsets).Store(target + column);
        }

        for (; column < classes; column++)
        {
            target[column] = MathF.FusedMultiplyAdd(target[column], scale, everywhere);
        }

        target[label] -= lossGradient * (1 - smoothing);
    }
}
