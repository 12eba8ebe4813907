namespace Fovea.Reference;

/// <summary>Which pixels windows read.</summary>
internal static class Windows
{
    /// <summary>
    /// Every pixel of the map under every tap of every window, as numbers of pixels and of the tap; padding is left out. Taps of a window
    /// follow each other in scan order.
    /// </summary>
    /// <param name="window">Kernel, stride, padding, dilation.</param>
    /// <param name="map">The shape of what is read (N, H, W, C).</param>
    /// <param name="result">The shape of what is written (N, H', W', …).</param>
    public static IEnumerable<(int Input, int Output, int Tap)> Of(WindowSpec window, Shape map, Shape result)
    {
        for (int n = 0; n < result[0]; n++)
        {
            for (int i = 0; i < result[1]; i++)
            {
                for (int j = 0; j < result[2]; j++)
                {
                    int output = (((n * result[1]) + i) * result[2]) + j;
                    for (int tap = 0; tap < window.Kernel * window.Kernel; tap++)
                    {
                        int row = (i * window.Stride) - window.Padding + (tap / window.Kernel * window.Dilation);
                        int column = (j * window.Stride) - window.Padding + (tap % window.Kernel * window.Dilation);
                        if (row >= 0 && row < map[1] && column >= 0 && column < map[2])
                        {
                            yield return ((((n * map[1]) + row) * map[2]) + column, output, tap);
                        }
                    }
                }
            }
        }
    }
}
