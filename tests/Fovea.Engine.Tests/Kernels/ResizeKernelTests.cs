using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public unsafe class ResizeKernelTests
{
    private static readonly (int Input, int Output)[] _axes = [(1, 1), (1, 4), (5, 1), (4, 8), (7, 3), (3, 10), (8, 8), (14, 5), (9, 16)];

    [Fact]
    public void Every_row_of_a_table_sums_to_one_and_reads_inside_the_axis()
    {
        foreach ((ResizeTable table, _, string what) in Tables())
        {
            for (int output = 0; output < table.OutputLength; output++)
            {
                Range taps = table.Starts[output]..table.Starts[output + 1];
                Assert.True(Math.Abs(table.Weights[taps].Sum() - 1) < 1e-6, $"{what}: row {output} sums to {table.Weights[taps].Sum()}");
                Assert.All(table.Sources[taps], source => Assert.InRange(source, 0, table.InputLength - 1));
                Assert.Equal(table.Sources[taps].Order().Distinct(), table.Sources[taps]);
            }
        }
    }

    [Fact]
    public void An_axis_that_keeps_its_length_is_left_as_it_is()
    {
        foreach (bool alignCorners in (bool[])[false, true])
        {
            foreach (ResizeTable table in
                (ResizeTable[])[ResizeTable.Bilinear(6, 6, alignCorners), ResizeTable.Bicubic(6, 6, alignCorners)])
            {
                Assert.Equal(Enumerable.Range(0, 6), table.Sources);
                Assert.All(table.Weights, weight => Assert.Equal(1f, weight));
            }
        }
    }

    [Fact]
    public void Doubling_an_axis_gives_the_weights_known_by_hand()
    {
        ResizeTable linear = ResizeTable.Bilinear(4, 8, alignCorners: false);
        Assert.Equal([0, 1, 3, 5, 7, 9, 11, 13, 14], linear.Starts);
        Assert.Equal([1f, 0.75f, 0.25f, 0.25f, 0.75f], linear.Weights[..5]);
        ResizeTable cubic = ResizeTable.Bicubic(8, 16, alignCorners: false);
        int start = cubic.Starts[7];
        Assert.Equal([2, 3, 4, 5], cubic.Sources[start..(start + 4)]);
        Assert.Equal([-0.10546875f, 0.87890625f, 0.26171875f, -0.03515625f], cubic.Weights[start..(start + 4)]);
    }

    [Fact]
    public void A_factor_of_enlargement_sets_the_distance_of_grid_points_whatever_the_size()
    {
        ResizeTable linear = ResizeTable.Bilinear(5, 7, alignCorners: false, scale: 1.5);
        Assert.Equal([0, 0, 1, 1, 2, 1, 2, 2, 3, 3, 4, 3, 4], linear.Sources);
        Assert.Equal([1f, 0.5f, 0.5f], linear.Weights[..3]);
        Assert.Equal([0, 1, 2], ResizeTable.Bilinear(3, 3, alignCorners: false, scale: 1.2).Sources);
        Assert.Equal([0, 0, 1, 2, 2, 3, 4], ResizeTable.Nearest(5, 7, scale: 1.5).Sources);
        Assert.Equal([0, 0, 1, 2, 2, 3, 4], ResizeTable.Nearest(5, 7).Sources);
        Assert.Equal([0, 0, 1, 1, 2, 2, 2], ResizeTable.Nearest(3, 7, scale: 2).Sources);
    }

    [Fact]
    public void A_resized_map_and_its_gradient_agree_with_their_twins_in_any_grouping()
    {
        foreach ((ResizeTable rows, double[,] rowTwin, string what) in Tables())
        {
            foreach (int channels in (int[])[1, 3, 8, 45])
            {
                const int width = 5;
                const int outputWidth = 9;
                ResizeTable columns = ResizeTable.Bicubic(width, outputWidth, alignCorners: false);
                double[,] columnTwin = Twin(width, outputWidth, cubic: true, alignCorners: false);
                Check(rows, columns, rowTwin, columnTwin, channels, $"{what}, {channels} channels");
                Check(rows.Transpose(), columns.Transpose(), Transposed(rowTwin), Transposed(columnTwin), channels, $"gradient of {what}");
            }
        }
    }

    private static void Check(ResizeTable rows, ResizeTable columns, double[,] rowTwin, double[,] columnTwin, int channels, string what)
    {
        const int batch = 2;
        (int height, int width, int outputHeight, int outputWidth) = (
            rows.InputLength, columns.InputLength, rows.OutputLength, columns.OutputLength);
        using GuardedMemory input = GuardedMemory.Random(batch * height * width * channels, 1);
        using GuardedMemory output = GuardedMemory.Random(batch * outputHeight * outputWidth * channels, 2);
        using GuardedMemory scratch = new(ResizeKernel.ScratchFloats(columns, channels));
        int parts = ResizeKernel.Parts(rows, batch);
        ResizeKernel.Run(rows, columns, channels, input.Pointer, output.Pointer, 0, parts, scratch.Pointer);
        for (int i = 0; i < output.Length; i++)
        {
            int channel = i % channels;
            int column = i / channels % outputWidth;
            int row = i / channels / outputWidth % outputHeight;
            int image = i / channels / outputWidth / outputHeight;
            double expected = 0;
            for (int h = 0; h < height; h++)
            {
                for (int w = 0; w < width; w++)
                {
                    expected += rowTwin[row, h] * columnTwin[column, w]
                        * input.Span[((image * height + h) * width + w) * channels + channel];
                }
            }

            Assert.True(
                Math.Abs(expected - output.Span[i]) < 4e-6,
                $"{what}: ({image}, {row}, {column}, {channel}) is {output.Span[i]}, not {expected}");
        }

        float[] together = output.Span.ToArray();
        foreach (int group in (int[])[1, 3])
        {
            output.Span.Fill(float.NaN);
            for (int part = 0; part < parts; part += group)
            {
                ResizeKernel.Run(
                    rows, columns, channels, input.Pointer, output.Pointer, part, Math.Min(part + group, parts), scratch.Pointer);
            }

            Assert.True(output.Span.SequenceEqual(together), $"{what}: groups of {group} parts give other bits.");
        }
    }

    private static IEnumerable<(ResizeTable Table, double[,] Twin, string What)> Tables()
    {
        foreach ((int input, int output) in _axes)
        {
            foreach (bool alignCorners in (bool[])[false, true])
            {
                string what = $"{input} to {output}{(alignCorners ? ", aligned" : "")}";
                yield return (
                    ResizeTable.Bilinear(input, output, alignCorners), Twin(input, output, false, alignCorners), $"bilinear {what}");
                yield return (ResizeTable.Bicubic(input, output, alignCorners), Twin(input, output, true, alignCorners), $"bicubic {what}");
            }

            yield return (ResizeTable.Nearest(input, output), NearestTwin(input, output), $"nearest {input} to {output}");
            yield return (ResizeTable.Area(input, output), AreaTwin(input, output), $"area {input} to {output}");
        }
    }

    // The dense matrix, from the interpolating function of the distance.
    private static double[,] Twin(int input, int output, bool cubic, bool alignCorners)
    {
        double[,] matrix = new double[output, input];
        for (int i = 0; i < output; i++)
        {
            double scale = alignCorners ? output > 1 ? (input - 1.0) / (output - 1) : 0 : (double)input / output;
            double source = alignCorners ? i * scale : (i + 0.5) * scale - 0.5;
            source = cubic ? source : Math.Max(source, 0);
            for (int tap = -3; tap < input + 3; tap++)
            {
                double distance = Math.Abs(source - tap);
                double weight = cubic ? Cubic(distance) : Math.Max(0, 1 - distance);
                matrix[i, Math.Clamp(tap, 0, input - 1)] += weight;
            }
        }

        return matrix;
    }

    // A result takes the pixel in which its first edge lies.
    private static double[,] NearestTwin(int input, int output)
    {
        double[,] matrix = new double[output, input];
        for (int i = 0; i < output; i++)
        {
            matrix[i, Enumerable.Range(0, input).Last(pixel => pixel * output <= i * input)] = 1;
        }

        return matrix;
    }

    // A result is the mean of the pixels that any part of it covers.
    private static double[,] AreaTwin(int input, int output)
    {
        double[,] matrix = new double[output, input];
        for (int i = 0; i < output; i++)
        {
            int[] covered =
                [.. Enumerable.Range(0, input).Where(pixel => (pixel + 1) * output > i * input && pixel * output < (i + 1) * input)];
            foreach (int pixel in covered)
            {
                matrix[i, pixel] = 1.0 / covered.Length;
            }
        }

        return matrix;
    }

    private static double Cubic(double x)
    {
        const double a = -0.75;
        return x switch
        {
            <= 1 => (a + 2) * Math.Pow(x, 3) - (a + 3) * x * x + 1,
            < 2 => a * Math.Pow(x, 3) - 5 * a * x * x + 8 * a * x - 4 * a,
            _ => 0,
        };
    }

    private static double[,] Transposed(double[,] matrix)
    {
        double[,] result = new double[matrix.GetLength(1), matrix.GetLength(0)];
        for (int i = 0; i < matrix.GetLength(0); i++)
        {
            for (int j = 0; j < matrix.GetLength(1); j++)
            {
                result[j, i] = matrix[i, j];
            }
        }

        return result;
    }
}
