using CsCheck;
using Fovea.Detection;

namespace Fovea.Tests.Detection;

public sealed class MaskTests
{
    [Fact]
    public void The_target_of_a_full_mask_is_full() =>
        TestBoxes.Box.Sample(box =>
        {
            byte[] mask = Enumerable.Repeat((byte)1, 40 * 60).ToArray();
            float[] inside = [.. box.Select((edge, i) => Math.Clamp(edge, 0, i % 2 == 0 ? 60 : 40))];
            return new[] { MaskTargetOptions.Torchvision, MaskTargetOptions.Mmdetection }.All(options =>
                !Boxes.HasSides(inside, 1) || Target(options, mask, 40, 60, inside, 5).All(value => Math.Abs(value - 1) < 1e-6));
        });

    [Fact]
    public void A_target_is_the_mean_over_a_grid_of_bilinear_samples() =>
        Gen.Select(TestBoxes.Box, Gen.Byte[0, 1].Array[12 * 17], Gen.Bool).Sample((box, mask, aligned) =>
        {
            float[] target = Target(new(aligned, null), mask, 12, 17, box, 3);
            return target.Index().All(cell =>
            {
                // A sample on the border counts or not by the last bit of its place: a cell where that matters is left out.
                double inside = At(cell.Index, border: -1e-4);
                return inside != At(cell.Index, border: 1e-4) || Math.Abs(cell.Item - inside) < 1e-4;
            });

            double At(int index, double border) => Plain(mask, 12, 17, box, 3, index / 3, index % 3, aligned, border);
        });

    [Fact]
    public void Mmdetections_target_is_zero_or_one()
    {
        byte[] mask = [1, 0, 0, 0];
        Assert.Equal([1, 0, 0, 0], Target(MaskTargetOptions.Mmdetection, mask, 2, 2, [0, 0, 2, 2], 2));
        Assert.Contains(Target(MaskTargetOptions.Torchvision, mask, 2, 2, [0, 0, 2, 2], 2), value => value is > 0 and < 1);
    }

    [Fact]
    public void A_pasted_mask_fills_its_box_and_what_was_there_before_is_gone()
    {
        byte[] image = Enumerable.Repeat((byte)7, 20 * 30).ToArray();
        float[] mask = Enumerable.Repeat(1f, 4 * 4).ToArray();
        MaskPasting.Paste(MaskPastingOptions.Mmdetection, mask, [3, 4, 11, 10], 20, 30, image);
        Assert.All(image.Index(), pixel =>
            Assert.Equal(pixel.Index % 30 is >= 3 and < 11 && pixel.Index / 30 is >= 4 and < 10 ? 1 : 0, pixel.Item));
    }

    [Fact]
    public void Both_forms_of_pasting_differ_along_the_edge_only()
    {
        float[] mask = [0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0];
        byte[] torchvision = new byte[60 * 60];
        byte[] mmdetection = new byte[60 * 60];
        MaskPasting.Paste(MaskPastingOptions.Torchvision, mask, [10, 10, 50, 50], 60, 60, torchvision);
        MaskPasting.Paste(MaskPastingOptions.Mmdetection, mask, [10, 10, 50, 50], 60, 60, mmdetection);
        Assert.Equal(400, mmdetection.Sum(pixel => pixel), 60.0);
        Assert.InRange(torchvision.Zip(mmdetection, (a, b) => a != b ? 1 : 0).Sum(), 0, 80);
    }

    [Fact]
    public void A_mask_outside_the_image_leaves_no_pixel() =>
        TestBoxes.Box.Sample(box =>
        {
            byte[] image = new byte[8 * 9];
            float[] outside = [.. box.Select(edge => edge + 100)];
            MaskPasting.Paste(MaskPastingOptions.Torchvision, [1, 1, 1, 1], outside, 8, 9, image);
            MaskPasting.Paste(MaskPastingOptions.Mmdetection, [1, 1, 1, 1], outside, 8, 9, image);
            return image.All(pixel => pixel == 0);
        });

    private static float[] Target(MaskTargetOptions options, byte[] mask, int height, int width, float[] box, int size)
    {
        float[] target = new float[size * size];
        MaskTargets.Write(options, mask, height, width, box, size, target);
        return target;
    }

    /// <summary>RoIAlign by its definition, with the border of what counts moved outwards.</summary>
    private static double Plain(
        byte[] mask, int height, int width, float[] box, int size, int row, int column, bool aligned, double border)
    {
        double offset = aligned ? 0.5 : 0;
        (double top, double tall) = (box[1] - offset, Side(box[3] - box[1]));
        (double left, double wide) = (box[0] - offset, Side(box[2] - box[0]));
        int rows = (int)MathF.Ceiling((float)(tall / size));
        int columns = (int)MathF.Ceiling((float)(wide / size));
        double sum = 0;
        for (int i = 0; i < rows * columns; i++)
        {
            sum += Sample(
                top + ((row + (((i / columns) + 0.5) / rows)) * tall / size),
                left + ((column + (((i % columns) + 0.5) / columns)) * wide / size));
        }

        return sum / Math.Max(rows * columns, 1);

        double Side(double length) => aligned ? length : Math.Max(length, 1);

        double Sample(double y, double x)
        {
            if (y < -1 - border || y > height + border || x < -1 - border || x > width + border)
            {
                return 0;
            }

            (y, x) = (Math.Clamp(y, 0, height - 1), Math.Clamp(x, 0, width - 1));
            (int low, int near) = ((int)y, (int)x);
            (int high, int far) = (Math.Min(low + 1, height - 1), Math.Min(near + 1, width - 1));
            return ((1 - (y - low)) * Mix(low)) + ((y - low) * Mix(high));

            double Mix(int line) =>
                ((1 - (x - near)) * mask[(line * width) + near]) + ((x - near) * mask[(line * width) + far]);
        }
    }
}
