using Fovea.Engine.Kernels;

namespace Fovea.Engine.Tests.Kernels;

public class PeakMeasurementTests
{
    [Fact]
    public void The_measured_peak_is_one_that_a_processor_can_have() => Assert.InRange(PeakMeasurement.Measure(seconds: 0.02), 0.001, 1000);
}
