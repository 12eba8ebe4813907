using System.Globalization;
using System.Runtime.InteropServices;

namespace Fovea.Compare;

/// <summary>Parts of a machine that decide its speed; nothing identifies the machine.</summary>
/// <param name="Processor">The processor's model.</param>
/// <param name="Cores">Processors that the operating system shows, whether or not this process may use all.</param>
/// <param name="Instructions">Its vector instructions.</param>
/// <param name="Memory">Its memory.</param>
/// <param name="System">The operating system.</param>
/// <param name="Runtime">The version of .NET.</param>
internal sealed record Machine(string Processor, int Cores, string Instructions, string Memory, string System, string Runtime)
{
    private const string ProcessorFile = "/proc/cpuinfo";

    // Vector instructions of x86 and Arm processors, as Linux calls them.
    private static readonly string[] _instructions =
    [
        "sse4_2", "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16",
        "amx_tile", "asimd", "sve", "sve2",
    ];

    /// <summary>This machine.</summary>
    public static Machine Here { get; } = new(
        Value(ProcessorFile, "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        ProcessorCount(),
        InstructionsOf(Value(ProcessorFile, "flags") ?? Value(ProcessorFile, "Features") ?? ""),
        MemoryOf(Value("/proc/meminfo", "MemTotal")),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    /// <summary>Those of a processor's flags that name vector instructions.</summary>
    /// <param name="flags">The flags with spaces between.</param>
    public static string InstructionsOf(string flags) => string.Join(", ", _instructions.Intersect(flags.Split(' ')));

    /// <summary>The value of the first line <c>name: value</c> of a file of Linux; null where there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">The name.</param>
    public static string? Value(string file, string name) => File.Exists(file)
        ? File.ReadLines(file).Select(line => line.Split(':', 2)).FirstOrDefault(
            parts => parts.Length == 2 && parts[0].Trim() == name)?[1].Trim()
        : null;

    private static int ProcessorCount()
    {
        int count = File.Exists(ProcessorFile)
            ? File.ReadLines(ProcessorFile).Count(line => line.StartsWith("processor", StringComparison.Ordinal))
            : 0;
        return count > 0 ? count : Environment.ProcessorCount;
    }

    private static string MemoryOf(string? kibibytes) => kibibytes is null
        ? "unknown"
        : Numbers.Bytes(1024 * double.Parse(kibibytes.Split(' ')[0], CultureInfo.InvariantCulture));
}
