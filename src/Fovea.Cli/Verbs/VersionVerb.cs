using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text.Json.Nodes;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea version</c>: the version, and what of the machine decides the speed.</summary>
internal sealed class VersionVerb() : Verb("version", "Show the version, the runtime, the processor and its vector widths.")
{
    /// <inheritdoc/>
    public override Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        Assembly library = typeof(FoveaException).Assembly;
        string? informational = library.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        string version = informational?.Split('+')[0] ?? "unknown";
        int[] widths = [.. VectorWidths()];
        bool fusedMultiplyAdd = Fma.IsSupported || AdvSimd.IsSupported;

        context.Output.WriteLine($"fovea      {version}");
        context.Output.WriteLine($"runtime    {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        context.Output.WriteLine($"processor  {Processor()}, {Environment.ProcessorCount} threads");
        context.Output.WriteLine(
            $"vectors    {(widths.Length == 0 ? "none" : string.Join(", ", widths) + " bits")}, "
                + $"{(fusedMultiplyAdd ? "with" : "without")} fused multiply-add");

        context.Result["version"] = version;
        context.Result["runtime"] = RuntimeInformation.FrameworkDescription;
        context.Result["platform"] = RuntimeInformation.RuntimeIdentifier;
        context.Result["processor"] = Processor();
        context.Result["threads"] = Environment.ProcessorCount;
        context.Result["vectorBits"] = new JsonArray([.. widths.Select(width => JsonValue.Create(width))]);
        context.Result["fusedMultiplyAdd"] = fusedMultiplyAdd;
        return Task.FromResult(ExitCodes.Success);
    }

    private static IEnumerable<int> VectorWidths() =>
        new[] { (128, Vector128.IsHardwareAccelerated), (256, Vector256.IsHardwareAccelerated), (512, Vector512.IsHardwareAccelerated) }
            .Where(width => width.Item2)
            .Select(width => width.Item1);

    /// <summary>The model of the processor.</summary>
    internal static string Processor()
    {
        const string LinuxDescription = "/proc/cpuinfo";
        string? name = File.Exists(LinuxDescription)
            ? File.ReadLines(LinuxDescription).FirstOrDefault(
                line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return string.IsNullOrEmpty(name) ? RuntimeInformation.ProcessArchitecture.ToString() : name;
    }
}
