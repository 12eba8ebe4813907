using Fovea.Data;

namespace Fovea.Tests.Data;

public sealed class MaskTransformTests
{
    [Fact]
    public void Changes_of_runs_give_the_pixels_that_changes_of_bitmaps_give()
    {
        Random random = new(3);
        for (int attempt = 0; attempt < 200; attempt++)
        {
            (int width, int height) = (random.Next(1, 12), random.Next(1, 12));
            Image image = new(width, height, 1, [.. Enumerable.Range(0, width * height).Select(_ => (byte)(random.Next(3) == 0 ? 0 : 1))]);
            RunLengthMask mask = RunLengthMask.FromPixels(image.Pixels, height, width);
            (int newWidth, int newHeight) = (random.Next(1, 20), random.Next(1, 20));
            (int left, int top) = (random.Next(-5, 12), random.Next(-5, 12));
            PixelBuffer pixels = PixelBuffer.Of(image);
            AssertSame(pixels.FlipHorizontal(), MaskTransforms.FlipHorizontal(mask));
            AssertSame(pixels.Crop(left, top, newWidth, newHeight), MaskTransforms.Crop(mask, left, top, newWidth, newHeight));
            AssertSame(pixels.ResizeNearest(newWidth, newHeight), MaskTransforms.Resize(mask, newWidth, newHeight));
            AssertSame(pixels.Turn(ImageOrientation.TurnedLeft), MaskTransforms.Turn(mask, ImageOrientation.TurnedLeft));
            AffineMap map = AffineMap.Rotation(width, height, random.Next(360));
            AssertSame(pixels.Warp(map, Interpolation.Nearest, default), MaskTransforms.Warp(mask, map));
        }
    }

    [Fact]
    public void An_outline_of_a_whole_mask_draws_the_mask_again()
    {
        Random random = new(5);
        int whole = 0;
        for (int attempt = 0; attempt < 200; attempt++)
        {
            // Columns that overlap their neighbours hang together and have no holes.
            byte[] pixels = new byte[12 * 10];
            for (int x = 1; x < 11; x++)
            {
                for (int y = random.Next(0, 5); y < random.Next(6, 11); y++)
                {
                    pixels[(y * 12) + x] = 1;
                }
            }

            RunLengthMask mask = RunLengthMask.FromPixels(pixels, 10, 12);
            MaskOutline outline = MaskOutline.Of(mask);
            if (outline.IsWhole)
            {
                whole++;
                Assert.Equal(mask.Counts.ToArray(), RunLengthMask.FromPolygons(10, 12, [outline.Corners]).Counts.ToArray());
            }
        }

        Assert.True(whole > 100);
        Assert.False(MaskOutline.Of(RunLengthMask.FromPixels([1, 0, 1, 1], 1, 4)).IsWhole);
        Assert.Equal([2, 0, 4, 0, 4, 1, 2, 1], MaskOutline.Of(RunLengthMask.FromPixels([1, 0, 1, 1], 1, 4)).Corners);
    }

    [Fact]
    public void Masks_go_with_their_boxes_and_vanish_with_them()
    {
        using Sample sample = new();
        sample.Start(TestData.Pattern(10, 8, 3));
        sample.Instances.Add(Object(new Box(0, 0, 3, 3, 1)));
        sample.Instances.Add(Object(new Box(4, 2, 8, 6, 2)) with { IsCrowd = true });
        sample.Crop(5, 1, 5, 5);
        Instance left = Assert.Single(sample.Instances);
        Assert.Equal((new Box(0, 1, 3, 5, 2), true, 12), (left.Box, left.IsCrowd, left.Mask!.Area));
        Assert.Equal(new CocoBox(0, 1, 3, 4), left.Mask.Bounds);
        sample.FlipHorizontal();
        sample.Resize(10, 10);
        Assert.Equal(new Box(4, 2, 10, 10, 2), sample.Instances[0].Box);
        Assert.Equal(new CocoBox(4, 2, 6, 8), sample.Instances[0].Mask!.Bounds);
    }

    private static Instance Object(Box box) => new(
        box, RunLengthMask.FromRectangle(8, 10, new CocoBox(box.Left, box.Top, box.Right - box.Left, box.Bottom - box.Top)));

    private static void AssertSame(PixelBuffer expected, RunLengthMask mask)
    {
        Assert.Equal((expected.Width, expected.Height), (mask.Width, mask.Height));
        byte[] pixels = new byte[mask.Width * mask.Height];
        mask.CopyTo(pixels);
        Assert.Equal(expected.Pixels.ToArray(), pixels);
    }
}
