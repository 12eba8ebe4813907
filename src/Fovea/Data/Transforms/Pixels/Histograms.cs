namespace Fovea.Data;

/// <summary>Changes that depend on how often each value occurs in a channel, equal to those of Pillow's <c>ImageOps</c>.</summary>
internal static class Histograms
{
    private const int Values = PixelTables.Length;

    /// <summary>Stretches each channel so that its values reach from 0 to 255.</summary>
    /// <param name="pixels">The image.</param>
    public static PixelBuffer AutoContrast(PixelBuffer pixels)
    {
        Span<int> counts = stackalloc int[3 * Values];
        Span<byte> tables = stackalloc byte[pixels.Channels * Values];
        Count(pixels, counts);
        for (int channel = 0; channel < pixels.Channels; channel++)
        {
            ReadOnlySpan<int> occurrences = counts.Slice(channel * Values, Values);
            int low = occurrences.IndexOfAnyExcept(0);
            int high = occurrences.LastIndexOfAnyExcept(0);
            double scale = high > low ? 255.0 / (high - low) : 1;
            double offset = high > low ? -low * scale : 0;
            for (int value = 0; value < Values; value++)
            {
                tables[(channel * Values) + value] = (byte)Math.Clamp((int)((value * scale) + offset), 0, 255);
            }
        }

        return PixelTables.Apply(pixels, tables);
    }

    /// <summary>Makes the values of each channel about equally frequent.</summary>
    /// <param name="pixels">The image.</param>
    public static PixelBuffer Equalize(PixelBuffer pixels)
    {
        Span<int> counts = stackalloc int[3 * Values];
        Span<byte> tables = stackalloc byte[pixels.Channels * Values];
        Count(pixels, counts);
        for (int channel = 0; channel < pixels.Channels; channel++)
        {
            ReadOnlySpan<int> occurrences = counts.Slice(channel * Values, Values);
            int last = occurrences[occurrences.LastIndexOfAnyExcept(0)];
            int step = ((pixels.Width * pixels.Height) - last) / 255;
            int sum = step / 2;
            for (int value = 0; value < Values; value++)
            {
                tables[(channel * Values) + value] = (byte)(step == 0 ? value : Math.Min(sum / step, 255));
                sum += occurrences[value];
            }
        }

        return PixelTables.Apply(pixels, tables);
    }

    private static void Count(PixelBuffer pixels, Span<int> counts)
    {
        counts.Clear();
        ReadOnlySpan<byte> values = pixels.Pixels;
        if (pixels.Channels == 1)
        {
            foreach (byte value in values)
            {
                counts[value]++;
            }

            return;
        }

        for (int i = 0; i < values.Length; i += 3)
        {
            counts[values[i]]++;
            counts[Values + values[i + 1]]++;
            counts[(2 * Values) + values[i + 2]]++;
        }
    }
}
