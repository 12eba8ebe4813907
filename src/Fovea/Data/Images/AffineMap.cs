using System.Globalization;

namespace Fovea.Data;

/// <summary>
/// A map from points of a changed image to those of the image before, in pixels: x = A·x′ + B·y′ + C, y = D·x′ + E·y′ + F. The middle of
/// the first pixel is (0.5, 0.5).
/// </summary>
/// <param name="A">Columns before for each column after.</param>
/// <param name="B">Columns before for each row after.</param>
/// <param name="C">Column before of the upper left corner after.</param>
/// <param name="D">Rows before for each column after.</param>
/// <param name="E">Rows before for each row after.</param>
/// <param name="F">Row before of the upper left corner after.</param>
public readonly record struct AffineMap(double A, double B, double C, double D, double E, double F)
{
    /// <summary>A rotation around the image's middle, as Pillow's <c>Image.rotate</c> has it.</summary>
    /// <param name="width">The image's width.</param>
    /// <param name="height">The image's height.</param>
    /// <param name="degrees">Angle, anticlockwise.</param>
    public static AffineMap Rotation(int width, int height, double degrees)
    {
        double positive = ((degrees % 360) + 360) % 360;
        double angle = -(positive * (Math.PI / 180));
        (double cosine, double sine) = (Round15(Math.Cos(angle)), Round15(Math.Sin(angle)));
        (double x, double y) = (width / 2.0, height / 2.0);
        return new AffineMap(
            cosine,
            sine,
            (cosine * -x) + (sine * -y) + x,
            -sine,
            cosine,
            (-sine * -x) + (cosine * -y) + y);
    }

    /// <summary>A shear along rows that leaves the upper edge where it is.</summary>
    /// <param name="factor">Columns by which each row moves to the left, relative to the one above.</param>
    public static AffineMap ShearX(double factor) => new(1, factor, 0, 0, 1, 0);

    /// <summary>A shear along columns that leaves the left edge where it is.</summary>
    /// <param name="factor">Rows by which each column moves up, relative to the one before.</param>
    public static AffineMap ShearY(double factor) => new(1, 0, 0, factor, 1, 0);

    /// <summary>A translation.</summary>
    /// <param name="left">Columns by which the image moves to the left.</param>
    /// <param name="up">Rows by which the image moves up.</param>
    public static AffineMap Translation(double left, double up) => new(1, 0, left, 0, 1, up);

    /// <summary>The place after the change of a point before it.</summary>
    /// <param name="x">Column before.</param>
    /// <param name="y">Row before.</param>
    internal (double X, double Y) After(double x, double y)
    {
        double determinant = (A * E) - (B * D);
        (double u, double v) = (x - C, y - F);
        return (((E * u) - (B * v)) / determinant, ((A * v) - (D * u)) / determinant);
    }

    /// <summary>Rounds to 15 decimals, correctly as Python does; <see cref="Math.Round(double, int)"/> may be one digit off.</summary>
    private static double Round15(double value)
    {
        Span<char> digits = stackalloc char[32];
        value.TryFormat(digits, out int length, "F15", CultureInfo.InvariantCulture);
        return double.Parse(digits[..length], CultureInfo.InvariantCulture);
    }
}
