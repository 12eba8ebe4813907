namespace Fovea.Benchmarks;

/// <summary>A matrix product that the models run: rows × depth → columns.</summary>
public sealed record MatMulShape(int Rows, int Depth, int Columns)
{
    /// <summary>The yardstick, and the products of CMT-S at batch 1 and 224×224.</summary>
    public static IReadOnlyList<MatMulShape> All { get; } =
    [
        new(1024, 1024, 1024),
        new(3136, 64, 64),
        new(3136, 64, 256),
        new(3136, 256, 64),
        new(784, 128, 128),
        new(784, 128, 512),
        new(784, 512, 128),
        new(196, 256, 256),
        new(196, 256, 1024),
        new(196, 1024, 256),
        new(49, 512, 512),
        new(49, 512, 2048),
        new(49, 2048, 512),
        new(1600, 46, 184),
        new(100, 184, 736),
    ];

    /// <summary>Floating-point operations; a multiply-add counts as two.</summary>
    public double Operations => 2.0 * Rows * Depth * Columns;

    public override string ToString() => $"{Rows}x{Depth}->{Columns}";
}
