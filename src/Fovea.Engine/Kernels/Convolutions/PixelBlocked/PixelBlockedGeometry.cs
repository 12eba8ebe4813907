namespace Fovea.Engine.Kernels;

/// <summary>
/// Geometry of a pixel-blocked convolution: groups of neighbouring pixels of a row, whose outputs lie together as whole panels of 16
/// columns, and parts of some rows, whose input is laid out together. All of it follows from the shapes.
/// </summary>
/// <param name="Convolution">The convolution; its windows are solid, and each has a row inside the image.</param>
/// <param name="PartRows">Output rows of a part.</param>
internal readonly record struct PixelBlockedGeometry(ConvolutionGeometry Convolution, int PartRows)
{
    // What the work beside the multiply-adds costs, in steps of a tile's row: sixteen multiply-adds, about a processor cycle (measured).
    private const int WindowCost = 6;
    private const int TapRowCost = 3;
    private const int GatheredWindowCost = 20;
    private const int GatheredRunCost = 4;
    private const int GatheredPerStep = 2;
    private const int CopiedPerStep = 2;
    private const int WeightsFetchedPerStep = 8;
    private const int WeightPackingCost = 2;

    private const int MaxPartRows = 8;

    // With fewer parts, threads would not share the work evenly.
    private const int FewParts = 12;

    // Floats: a part's memory stays in L2, beside a panel of the weights if that is not of the longest.
    private const int PartLimit = 48 * 1024;
    private const int PanelLimit = 64 * 1024;

    /// <summary>
    /// The pixel-blocked form of a convolution; null where it cannot be had or gathering windows one by one is about as fast.
    /// </summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="weightsChange">True if the weights are packed before every run.</param>
    public static PixelBlockedGeometry? Of(in ConvolutionGeometry convolution, bool weightsChange)
    {
        if (convolution.IsPointwise || !Fits(in convolution))
        {
            return null;
        }

        PixelBlockedGeometry geometry = Joined(in convolution);
        bool fitsCache = geometry.PartFloats <= PartLimit && geometry.MaxPanel <= PanelLimit;
        return fitsCache && 10 * geometry.Cost(weightsChange) < 9 * GatheredCost(in convolution) ? geometry : null;
    }

    /// <summary>True if the windows are solid and none lies in the padding as a whole.</summary>
    public static bool Fits(in ConvolutionGeometry convolution) => convolution.Dilation == 1 && convolution.Padding < convolution.Kernel;

    /// <summary>The pixel-blocked form of a convolution that <see cref="Fits"/>.</summary>
    public static PixelBlockedGeometry Joined(in ConvolutionGeometry convolution)
    {
        PixelBlockedGeometry geometry = new(convolution, MaxPartRows);
        while (geometry.PartRows > 1 && (geometry.Parts < FewParts || geometry.PartFloats > PartLimit))
        {
            geometry = geometry with { PartRows = geometry.PartRows / 2 };
        }

        return geometry;
    }

    /// <summary>Pixels of a group: the fewest whose outputs are whole panels.</summary>
    public int Pixels => MicroKernel.Columns / GreatestCommonDivisor(Convolution.Outputs, MicroKernel.Columns);

    /// <summary>Outputs of a group.</summary>
    public int Columns => Pixels * Convolution.Outputs;

    /// <summary>Panels of a group.</summary>
    public int Panels => Columns / MicroKernel.Columns;

    /// <summary>Groups of an output row; the last may hang over.</summary>
    public int Groups => (Convolution.OutputWidth + Pixels - 1) / Pixels;

    /// <summary>Groups of an output row in which a panel has outputs.</summary>
    public int GroupsOf(int panel) => (Convolution.OutputWidth * Convolution.Outputs - panel * MicroKernel.Columns + Columns - 1) / Columns;

    /// <summary>The first and the last pixel of a group that have outputs in a panel.</summary>
    public (int First, int Last) PixelsOf(int panel)
    {
        int column = panel * MicroKernel.Columns;
        return (column / Convolution.Outputs, (column + MicroKernel.Columns - 1) / Convolution.Outputs);
    }

    /// <summary>Input values that the outputs of a panel need from one row of the image: what its pixels' windows cover together.</summary>
    public int Depth(int panel)
    {
        (int first, int last) = PixelsOf(panel);
        return ((last - first) * Convolution.Stride + Convolution.Kernel) * Convolution.Channels;
    }

    /// <summary>Parts of an image.</summary>
    public int ImageParts => (Convolution.OutputHeight + PartRows - 1) / PartRows;

    /// <summary>Parts of the batch.</summary>
    public int Parts => Convolution.Batch * ImageParts;

    /// <summary>Input rows that a part needs.</summary>
    public int InputRows => (PartRows - 1) * Convolution.Stride + Convolution.Kernel;

    /// <summary>Input columns that the groups of a row need, the padding included.</summary>
    public int InputColumns => (Groups * Pixels - 1) * Convolution.Stride + Convolution.Kernel;

    /// <summary>Floats between the input rows of a part.</summary>
    public int InputPitch => LeftBlock.Stride(InputColumns * Convolution.Channels);

    /// <summary>Floats that the input of a part takes.</summary>
    public nint InputFloats => (nint)InputRows * InputPitch;

    /// <summary>Floats between the sums of a part's output rows.</summary>
    public int SumPitch => Groups * Columns;

    /// <summary>Floats that the sums of a part take.</summary>
    public nint SumFloats => (nint)PartRows * SumPitch;

    private nint PartFloats => InputFloats + SumFloats;

    private long MaxPanel => Enumerable.Range(0, Panels).Max(Depth) * (long)Convolution.Kernel * MicroKernel.Columns;

    // In steps of a tile's row.
    private long Cost(bool weightsChange)
    {
        long row = 0;
        long packed = 0;
        for (int panel = 0; panel < Panels; panel++)
        {
            row += PixelBlockedMicroKernel.ComputedRows(GroupsOf(panel))
                * (Convolution.Kernel * (long)(Depth(panel) + TapRowCost) + WindowCost);
            packed += Convolution.Kernel * (long)Depth(panel) * MicroKernel.Columns;
        }

        return (Convolution.Batch * Convolution.OutputHeight * row)
            + (Parts * (InputFloats / CopiedPerStep + packed / WeightsFetchedPerStep))
            + (weightsChange ? packed * WeightPackingCost : 0);
    }

    // The same for the product of windows gathered one by one.
    private static long GatheredCost(in ConvolutionGeometry convolution) => convolution.OutputPixels
        * ((PanelPacking.Panels(convolution.Outputs) * (long)(convolution.PatchLength + WindowCost))
            + (convolution.PatchLength / GatheredPerStep)
            + (convolution.Kernel * GatheredRunCost)
            + GatheredWindowCost);

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
