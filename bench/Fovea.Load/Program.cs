// Load on a server of this machine: closed, so many clients of which each waits for its answer, or open, so many requests a second
// whatever the answers do.
//   dotnet run --project bench/Fovea.Load -c Release -- http://127.0.0.1:8080/v1/models/cmt_ti/predict photos/ --clients 16 --seconds 20
//   dotnet run --project bench/Fovea.Load -c Release -- http://127.0.0.1:8080/v1/models/cmt_ti/predict photos/ --rate 120 --seconds 60
using Fovea.Load;

try
{
    LoadOptions options = LoadOptions.Parse(args);
    using CancellationTokenSource stopping = new();
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = true;
        stopping.Cancel();
    };
    using LoadRun run = new(options);
    await run.RunAsync(stopping.Token);
    run.Write(Console.Out);
    return run.HasFailed ? 1 : 0;
}
catch (ArgumentException error)
{
    Console.Error.WriteLine($"{error.Message}\nusage: URL IMAGES [--clients N | --rate N] [--seconds N]");
    return 2;
}
