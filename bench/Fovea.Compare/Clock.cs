using System.Diagnostics;

namespace Fovea.Compare;

/// <summary>Clock that times are measured by.</summary>
internal enum Clock
{
    /// <summary>By the wall: what a user waits for.</summary>
    Wall,

    /// <summary>
    /// By the processor: the time that all threads of the process ran. With one thread that is the time of an idle machine, also on a busy
    /// one.
    /// </summary>
    Processor,
}

/// <summary>Reading of clocks.</summary>
internal static class Clocks
{
    /// <summary>Milliseconds of this process by a clock, from any beginning.</summary>
    /// <param name="clock">The clock.</param>
    public static double Milliseconds(this Clock clock) => clock == Clock.Processor
        ? Environment.CpuUsage.TotalTime.TotalMilliseconds
        : Stopwatch.GetElapsedTime(0).TotalMilliseconds;
}
