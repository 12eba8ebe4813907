using System.Runtime.InteropServices;

namespace Fovea.Collectives;

/// <summary>
/// The part of Open MPI's C interface that exchanges need. The library is loaded when an instance is made, never before; a handle of MPI is
/// the address of one of its variables.
/// </summary>
internal sealed unsafe partial class OpenMpi
{
    /// <summary>MPI_THREAD_SERIALIZED: several threads call, one at a time.</summary>
    public const int ThreadSerialized = 2;

    /// <summary>MPI_ANY_SOURCE.</summary>
    public const int AnySource = -1;

    private static readonly string[] _names = OperatingSystem.IsMacOS()
        ? ["libmpi.40.dylib", "libmpi.dylib", "/opt/homebrew/lib/libmpi.dylib", "/usr/local/lib/libmpi.dylib"]
        : ["libmpi.so.40", "libmpi.so"];

    /// <summary>Loads the library.</summary>
    /// <exception cref="CollectiveException">There is none, or it is not Open MPI's.</exception>
    public OpenMpi()
    {
        nint library = 0;
        if (!Array.Exists(_names, name => NativeLibrary.TryLoad(name, out library)))
        {
            throw new CollectiveException(
                "This process was started by MPI, but Open MPI's library (libmpi.so.40) is not installed. On Debian and Ubuntu: "
                    + "apt-get install openmpi-bin libopenmpi3");
        }

        if (!NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out nint world))
        {
            throw new CollectiveException("The installed MPI library is not Open MPI, the only one that is understood: install it.");
        }

        (World, Byte) = (world, NativeLibrary.GetExport(library, "ompi_mpi_byte"));
        Init = (delegate* unmanaged<void*, void*, int, int*, int>)NativeLibrary.GetExport(library, "MPI_Init_thread");
        CommRank = (delegate* unmanaged<nint, int*, int>)NativeLibrary.GetExport(library, "MPI_Comm_rank");
        CommSize = (delegate* unmanaged<nint, int*, int>)NativeLibrary.GetExport(library, "MPI_Comm_size");
        Isend = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)NativeLibrary.GetExport(library, "MPI_Isend");
        Irecv = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)NativeLibrary.GetExport(library, "MPI_Irecv");
        Testall = (delegate* unmanaged<int, nint*, int*, void*, int>)NativeLibrary.GetExport(library, "MPI_Testall");
        Iprobe = (delegate* unmanaged<int, int, nint, int*, Status*, int>)NativeLibrary.GetExport(library, "MPI_Iprobe");
        Recv = (delegate* unmanaged<void*, int, nint, int, int, nint, void*, int>)NativeLibrary.GetExport(library, "MPI_Recv");
        Abort = (delegate* unmanaged<nint, int, int>)NativeLibrary.GetExport(library, "MPI_Abort");
        Finalize = (delegate* unmanaged<int>)NativeLibrary.GetExport(library, "MPI_Finalize");
    }

    /// <summary>MPI_COMM_WORLD.</summary>
    public nint World { get; }

    /// <summary>MPI_BYTE.</summary>
    public nint Byte { get; }

    /// <summary>MPI_Init_thread: arguments, their number, level of threads wanted and given.</summary>
    public delegate* unmanaged<void*, void*, int, int*, int> Init { get; }

    /// <summary>MPI_Comm_rank.</summary>
    public delegate* unmanaged<nint, int*, int> CommRank { get; }

    /// <summary>MPI_Comm_size.</summary>
    public delegate* unmanaged<nint, int*, int> CommSize { get; }

    /// <summary>MPI_Isend: bytes, count, type, destination, tag, communicator, request.</summary>
    public delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> Isend { get; }

    /// <summary>MPI_Irecv: place, count, type, source, tag, communicator, request.</summary>
    public delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> Irecv { get; }

    /// <summary>MPI_Testall: count, requests, flag, statuses (null to ignore them).</summary>
    public delegate* unmanaged<int, nint*, int*, void*, int> Testall { get; }

    /// <summary>MPI_Iprobe: source, tag, communicator, flag, status.</summary>
    public delegate* unmanaged<int, int, nint, int*, Status*, int> Iprobe { get; }

    /// <summary>MPI_Recv: place, count, type, source, tag, communicator, status (null to ignore it).</summary>
    public delegate* unmanaged<void*, int, nint, int, int, nint, void*, int> Recv { get; }

    /// <summary>MPI_Abort: communicator, exit code.</summary>
    public delegate* unmanaged<nint, int, int> Abort { get; }

    /// <summary>MPI_Finalize.</summary>
    public delegate* unmanaged<int> Finalize { get; }

    /// <summary>Lets other threads work for some microseconds, which no sleep of .NET's is as short as.</summary>
    /// <param name="microseconds">The time.</param>
    [LibraryImport("libc", EntryPoint = "usleep")]
    public static partial void Sleep(uint microseconds);

    /// <summary>MPI_Status, as Open MPI lays it out.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Status
    {
        /// <summary>Rank that sent.</summary>
        public int Source;

        /// <summary>Tag of the message.</summary>
        public int Tag;

        /// <summary>Error of the message.</summary>
        public int Error;

        private readonly int _cancelled;

        /// <summary>Bytes of the message.</summary>
        public nuint Bytes;
    }
}
