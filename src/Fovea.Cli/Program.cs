using System.Runtime.InteropServices;
using Fovea.Cli;

// The first Ctrl-C (or SIGTERM) asks the verb to stop and leave whole files behind; the second ends the process at once.
using CancellationTokenSource cancellation = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await CommandLine.InvokeAsync(args, cancellation.Token);

void Stop(PosixSignalContext context)
{
    if (cancellation.IsCancellationRequested)
    {
        return;
    }

    context.Cancel = true;
    Console.Error.WriteLine("\nStopping (Ctrl-C again stops at once).");
    cancellation.Cancel();
}
