namespace Fovea.Data;

/// <summary>
/// Runs of a drawn polygon, pixel for pixel as <c>rleFrPoly</c> of COCO's code draws it: the outline is walked on a grid five times as
/// fine, and where it crosses the middle of a column of pixels, the column turns from outside to inside or back.
/// </summary>
internal static class PolygonRuns
{
    private const double Scale = 5;

    // The outline is walked in steps of a fifth of a pixel, so that immense coordinates would take for ever.
    private const double MaxCoordinate = 1 << 20;

    /// <summary>Draws one polygon.</summary>
    /// <param name="polygon">Corners as x, y, x, y, …</param>
    /// <param name="height">Height of the mask.</param>
    /// <param name="width">Width of the mask.</param>
    public static int[] Of(IReadOnlyList<double> polygon, int height, int width)
    {
        (int X, int Y)[] corners = Corners(polygon);
        List<int> crossings = [];
        for (int corner = 0; corner < corners.Length; corner++)
        {
            AddCrossings(corners[corner], corners[(corner + 1) % corners.Length], height, width, crossings);
        }

        crossings.Sort();
        crossings.Add(height * width);
        return Runs(crossings);
    }

    private static (int X, int Y)[] Corners(IReadOnlyList<double> polygon)
    {
        if (polygon.Count % 2 != 0)
        {
            throw new ArgumentException($"A polygon has {polygon.Count} coordinates; x and y go in pairs.", nameof(polygon));
        }

        (int X, int Y)[] corners = new (int X, int Y)[polygon.Count / 2];
        for (int corner = 0; corner < corners.Length; corner++)
        {
            corners[corner] = (Fine(polygon[2 * corner]), Fine(polygon[(2 * corner) + 1]));
        }

        return corners;
    }

    private static int Fine(double coordinate) => Math.Abs(coordinate) <= MaxCoordinate
        ? (int)((Scale * coordinate) + 0.5)
        : throw new ArgumentException(FormattableString.Invariant($"A polygon has the coordinate {coordinate}, outside any image."));

    /// <summary>Walks along an edge of the fine outline and notes where it crosses the middle of a column.</summary>
    private static void AddCrossings((int X, int Y) from, (int X, int Y) to, int height, int width, List<int> crossings)
    {
        int spanX = Math.Abs(to.X - from.X);
        int spanY = Math.Abs(to.Y - from.Y);
        bool alongX = spanX >= spanY;
        int steps = alongX ? spanX : spanY;

        // Rounding depends on the direction: the edge is computed from its lower end, and walked in its own direction.
        bool backwards = alongX ? from.X > to.X : from.Y > to.Y;
        ((int X, int Y) start, (int X, int Y) end) = backwards ? (to, from) : (from, to);
        double slope = alongX ? (double)(end.Y - start.Y) / spanX : (double)(end.X - start.X) / spanY;
        (int X, int Y) previous = from;
        for (int step = 1; step <= steps; step++)
        {
            int along = backwards ? steps - step : step;
            (int X, int Y) point = alongX
                ? (start.X + along, (int)(start.Y + (slope * along) + 0.5))
                : ((int)(start.X + (slope * along) + 0.5), start.Y + along);
            if (point.X != previous.X)
            {
                AddCrossing(Math.Min(point.X, previous.X), Math.Min(point.Y, previous.Y), height, width, crossings);
            }

            previous = point;
        }
    }

    private static void AddCrossing(int fineX, int fineY, int height, int width, List<int> crossings)
    {
        double x = ((fineX + 0.5) / Scale) - 0.5;
        if (Math.Floor(x) == x && x >= 0 && x <= width - 1)
        {
            double y = Math.Clamp(((fineY + 0.5) / Scale) - 0.5, 0, height);
            crossings.Add(((int)x * height) + (int)Math.Ceiling(y));
        }
    }

    /// <summary>Differences of sorted positions; a run without length joins its neighbours.</summary>
    private static int[] Runs(List<int> positions)
    {
        List<int> runs = [positions[0]];
        for (int i = 1; i < positions.Count; i++)
        {
            int length = positions[i] - positions[i - 1];
            if (length > 0)
            {
                runs.Add(length);
            }
            else if (++i < positions.Count)
            {
                runs[^1] += positions[i] - positions[i - 1];
            }
        }

        return [.. runs];
    }
}
