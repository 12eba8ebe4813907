namespace Fovea.Data;

/// <summary>Turns of the colour wheel, equal to those that torchvision makes of Pillow's images, 8 bits of hue and saturation.</summary>
internal static class Hues
{
    /// <summary>Turns the hue of every pixel; a grey image stays as it is.</summary>
    /// <param name="pixels">The image.</param>
    /// <param name="turn">Part of the wheel, −0.5 to 0.5.</param>
    public static PixelBuffer Turn(PixelBuffer pixels, double turn)
    {
        if (pixels.Channels == 1)
        {
            return pixels;
        }

        int steps = (int)(turn * 255);
        Span<byte> values = pixels.Writable(out PixelBuffer result);
        for (int i = 0; i < values.Length; i += 3)
        {
            Turn(values.Slice(i, 3), steps);
        }

        return result;
    }

    private static void Turn(Span<byte> pixel, int steps)
    {
        (int red, int green, int blue) = (pixel[0], pixel[1], pixel[2]);
        int most = Math.Max(red, Math.Max(green, blue));
        int least = Math.Min(red, Math.Min(green, blue));
        if (most == least)
        {
            return;
        }

        float range = most - least;
        byte saturation = (byte)(range / most * 255.0);
        byte hue = (byte)(HueOf((most - red) / range, (most - green) / range, (most - blue) / range, pixel, most) + steps);
        if (saturation == 0)
        {
            pixel.Fill((byte)most);
        }
        else
        {
            Set(pixel, hue, saturation, most);
        }
    }

    /// <summary>Hue in 255ths of the wheel; red, green and blue are distances from the largest of them.</summary>
    private static byte HueOf(float red, float green, float blue, ReadOnlySpan<byte> pixel, int most)
    {
        float sixths = pixel[0] == most ? blue - green
            : pixel[1] == most ? (float)(2.0 + red - blue)
            : (float)(4.0 + green - red);
        float part = (float)(((sixths / 6.0) + 1.0) % 1.0);
        return (byte)(part * 255.0);
    }

    private static void Set(Span<byte> pixel, byte hue, byte saturation, int most)
    {
        double sixths = (float)hue * 6.0 / 255.0;
        int sector = (int)sixths;
        float rest = (float)(sixths - sector);
        float share = (float)(saturation / 255.0);
        byte value = (byte)most;
        byte least = Scale(most, 1.0 - share);
        byte falling = Scale(most, 1.0 - (share * rest));
        byte rising = Scale(most, 1.0 - (share * (1.0 - rest)));
        (pixel[0], pixel[1], pixel[2]) = (sector % 6) switch
        {
            0 => (value, rising, least),
            1 => (falling, value, least),
            2 => (least, value, rising),
            3 => (least, falling, value),
            4 => (rising, least, value),
            _ => (value, least, falling),
        };
    }

    private static byte Scale(int most, double share) => (byte)Math.Round((float)most * share, MidpointRounding.AwayFromZero);
}
