namespace Fovea.Data;

/// <summary>Outline of a mask as one polygon along the edges of its pixels: that of its largest part, without holes.</summary>
/// <param name="Corners">Corners as x, y, x, y, … in pixels, clockwise.</param>
/// <param name="IsWhole">True if the polygon holds the pixels of the mask and no others.</param>
internal sealed record MaskOutline(IReadOnlyList<double> Corners, bool IsWhole)
{
    // Right, down, left, up; and where the pixels right and left of the way ahead lie, seen from a corner.
    private static readonly (int X, int Y)[] _steps = [(1, 0), (0, 1), (-1, 0), (0, -1)];
    private static readonly (int X, int Y)[] _right = [(0, 0), (-1, 0), (-1, -1), (0, -1)];
    private static readonly (int X, int Y)[] _left = [(0, -1), (0, 0), (-1, 0), (-1, -1)];

    /// <summary>Traces a mask.</summary>
    /// <param name="mask">A mask with pixels.</param>
    public static MaskOutline Of(RunLengthMask mask)
    {
        byte[] pixels = new byte[mask.Width * mask.Height];
        mask.CopyTo(pixels);
        int[] parts = new int[pixels.Length];
        (int Start, int Size) largest = (0, 0);
        int part = 0;
        for (int start = 0; start < pixels.Length; start++)
        {
            if (pixels[start] != 0 && parts[start] == 0)
            {
                int size = Fill(pixels, mask.Width, start, ++part, parts);
                largest = size > largest.Size ? (start, size) : largest;
            }
        }

        List<double> corners = Trace(parts, mask.Width, mask.Height, largest.Start);
        return new MaskOutline(corners, (int)Math.Round(AreaOf(corners)) == mask.Area);
    }

    /// <summary>Numbers the pixels of a part, which hang together by their sides; gives how many they are.</summary>
    private static int Fill(byte[] pixels, int width, int start, int part, int[] parts)
    {
        int size = 0;
        Stack<int> open = new([start]);
        parts[start] = part;
        while (open.TryPop(out int pixel))
        {
            size++;
            int x = pixel % width;
            Add(pixel - width, true);
            Add(pixel + width, true);
            Add(pixel - 1, x > 0);
            Add(pixel + 1, x < width - 1);
        }

        return size;

        void Add(int next, bool isInside)
        {
            if (isInside && (uint)next < (uint)pixels.Length && pixels[next] != 0 && parts[next] == 0)
            {
                parts[next] = part;
                open.Push(next);
            }
        }
    }

    /// <summary>Walks around a part from its first pixel, with the part on the right-hand side.</summary>
    private static List<double> Trace(int[] parts, int width, int height, int start)
    {
        int part = parts[start];
        (int startX, int startY) = (start % width, start / width);
        (int x, int y, int direction) = (startX, startY, 0);
        List<double> corners = [x, y];
        do
        {
            (x, y) = (x + _steps[direction].X, y + _steps[direction].Y);
            int turn = !Has(_right[direction]) ? 1 : Has(_left[direction]) ? 3 : 0;
            if (turn != 0)
            {
                corners.AddRange([x, y]);
                direction = (direction + turn) % 4;
            }
        }
        while (x != startX || y != startY || direction != 0);

        // The first corner stands at the end again.
        corners.RemoveRange(corners.Count - 2, 2);
        return corners;

        bool Has((int X, int Y) at)
        {
            (int column, int row) = (x + at.X, y + at.Y);
            return (uint)column < (uint)width && (uint)row < (uint)height && parts[(row * width) + column] == part;
        }
    }

    private static double AreaOf(List<double> corners)
    {
        double sum = 0;
        for (int i = 0; i < corners.Count; i += 2)
        {
            int next = (i + 2) % corners.Count;
            sum += (corners[i] * corners[next + 1]) - (corners[next] * corners[i + 1]);
        }

        return Math.Abs(sum) / 2;
    }
}
