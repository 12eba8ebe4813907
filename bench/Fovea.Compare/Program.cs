using System.CommandLine;
using System.Runtime.InteropServices;
using Fovea.Compare;

// The first Ctrl-C (or SIGTERM) stops after the present measurement, the second ends the process at once.
using CancellationTokenSource cancellation = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await CompareCommand.Create().Parse(args).InvokeAsync(
    new InvocationConfiguration { ProcessTerminationTimeout = null }, cancellation.Token);

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    if (cancellation.IsCancellationRequested)
    {
        Environment.Exit(CompareCommand.Interrupted);
    }

    cancellation.Cancel();
}
