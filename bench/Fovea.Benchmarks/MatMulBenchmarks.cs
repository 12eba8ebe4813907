using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using Fovea.Engine.Kernels;

namespace Fovea.Benchmarks;

/// <summary>Matrix products with packed weights on one thread, in GFLOP/s and as a share of the peak measured in this process.</summary>
[Config(typeof(ThroughputConfig))]
#pragma warning disable CA1001 // BenchmarkDotNet calls Cleanup, and cannot derive from a sealed class.
public class MatMulBenchmarks
#pragma warning restore CA1001
{
    private MatMulRunner? _runner;

    public static IEnumerable<MatMulShape> Shapes => MatMulShape.All;

    [ParamsSource(nameof(Shapes))]
    public MatMulShape Shape { get; set; } = MatMulShape.All[0];

    [GlobalSetup]
    public void Setup() => _runner = new MatMulRunner(Shape);

    [GlobalCleanup]
    public void Cleanup() => _runner?.Dispose();

    [Benchmark]
    public void Multiply() => _runner!.Run();

    private sealed class ThroughputConfig : ManualConfig
    {
        public ThroughputConfig()
        {
            double peak = PeakMeasurement.Measure();
            AddColumn(new ThroughputColumn("GFLOP/s", rate => $"{rate:F1}"));
            AddColumn(new ThroughputColumn("Of peak", rate => $"{100 * rate / peak:F1} %"));
        }
    }

    private sealed class ThroughputColumn(string name, Func<double, string> format) : IColumn
    {
        public string Id => nameof(ThroughputColumn) + name;

        public string ColumnName => name;

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => "Multiply-adds count as two operations; the peak is measured in the host process.";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        {
            MatMulShape shape = (MatMulShape)benchmarkCase.Parameters[nameof(Shape)];
            double? nanoseconds = summary[benchmarkCase]?.ResultStatistics?.Mean;
            return nanoseconds is { } time ? format(shape.Operations / time) : "?";
        }

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;

        public bool IsAvailable(Summary summary) => true;
    }
}
