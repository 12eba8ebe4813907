using System.Reflection;
using System.Runtime.InteropServices;

namespace Fovea.Data;

/// <summary>The part of libjpeg-turbo's TurboJPEG 2 interface that decoding needs (turbojpeg.h).</summary>
internal static unsafe partial class TurboJpeg
{
    /// <summary>TJPF_RGB: three bytes a pixel.</summary>
    public const int PixelFormatRgb = 0;

    /// <summary>TJPF_GRAY: one byte a pixel.</summary>
    public const int PixelFormatGrey = 6;

    /// <summary>TJPF_CMYK: four bytes a pixel.</summary>
    public const int PixelFormatCmyk = 11;

    /// <summary>TJCS_GRAY: the file holds luminance only.</summary>
    public const int ColourSpaceGrey = 2;

    /// <summary>TJCS_CMYK: from this colour space on (CMYK, YCCK) the file holds four inks.</summary>
    public const int ColourSpaceCmyk = 3;

    /// <summary>TJFLAG_ACCURATEDCT: the slow, exact inverse transform, which other readers use by default.</summary>
    public const int FlagAccurateTransform = 4096;

    private const string Library = "turbojpeg";

    private static readonly string[] _names = OperatingSystem.IsWindows()
        ? ["turbojpeg.dll", "libturbojpeg.dll"]
        : OperatingSystem.IsMacOS()
            ? ["libturbojpeg.0.dylib", "libturbojpeg.dylib", "/opt/homebrew/lib/libturbojpeg.dylib", "/usr/local/lib/libturbojpeg.dylib"]
            : ["libturbojpeg.so.0", "libturbojpeg.so"];

    static TurboJpeg() => NativeLibrary.SetDllImportResolver(typeof(TurboJpeg).Assembly, Resolve);

    /// <summary>True if the library is installed.</summary>
    public static bool IsInstalled => Array.Exists(_names, name => NativeLibrary.TryLoad(name, out _));

    /// <summary>Creates a decompressor, or gives null.</summary>
    [LibraryImport(Library, EntryPoint = "tjInitDecompress")]
    public static partial nint InitDecompress();

    /// <summary>Destroys a decompressor.</summary>
    [LibraryImport(Library, EntryPoint = "tjDestroy")]
    public static partial int Destroy(nint handle);

    /// <summary>
    /// Reads a file's size and kind. The size is C's unsigned long, which <c>nuint</c> passes rightly in every 64-bit convention.
    /// </summary>
    [LibraryImport(Library, EntryPoint = "tjDecompressHeader3")]
    public static partial int DecompressHeader(
        nint handle, byte* bytes, nuint size, out int width, out int height, out int subsampling, out int colourSpace);

    /// <summary>Decodes a file into rows of <paramref name="pitch"/> bytes; 0 where all went well, otherwise −1.</summary>
    [LibraryImport(Library, EntryPoint = "tjDecompress2")]
    public static partial int Decompress(
        nint handle, byte* bytes, nuint size, byte* destination, int width, int pitch, int height, int pixelFormat, int flags);

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name == Library)
        {
            foreach (string candidate in _names)
            {
                if (NativeLibrary.TryLoad(candidate, assembly, searchPath, out nint handle))
                {
                    return handle;
                }
            }
        }

        return 0;
    }
}

/// <summary>A TurboJPEG decompressor; it must not be used by two threads at once.</summary>
internal sealed class TurboJpegHandle : SafeHandle
{
    /// <summary>Creates a decompressor.</summary>
    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    public TurboJpegHandle()
        : base(0, ownsHandle: true) => SetHandle(TurboJpeg.InitDecompress());

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>The native handle.</summary>
    public nint Value => handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => TurboJpeg.Destroy(handle) == 0;
}
