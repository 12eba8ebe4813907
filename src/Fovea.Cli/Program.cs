using System.Runtime.InteropServices;
using Fovea.Cli;

// Open MPI gives its processes a pseudo-terminal wherever its own output goes. On a terminal .NET begins with codes for the keypad, and
// bars are redrawn in place: both are for people, not for a log.
if (Environment.GetEnvironmentVariable("OMPI_COMM_WORLD_SIZE") is not null)
{
    Environment.SetEnvironmentVariable("TERM", "dumb");
}

// The first Ctrl-C (or SIGTERM, or a terminal that closes) asks the verb to stop and leave whole files behind; the second ends the process
// at once.
using CancellationTokenSource cancellation = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
return await CommandLine.InvokeAsync(args, cancellation.Token);

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    if (cancellation.IsCancellationRequested)
    {
        Environment.Exit(ExitCodes.Interrupted);
    }

    try
    {
        if (!CommandLine.IsSilent)
        {
            Console.Error.WriteLine("\nStopping (Ctrl-C again stops at once).");
        }
    }
    catch (IOException)
    {
        // The terminal is gone: that is why we stop.
    }

    cancellation.Cancel();
}
