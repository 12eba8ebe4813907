using System.CommandLine;
using System.Globalization;

namespace Fovea.Cli.Verbs;

/// <summary><c>fovea serve CHECKPOINT...</c>: models over HTTP. The server is a program of its own, which takes this one's place.</summary>
internal sealed class ServeVerb : Verb
{
    private readonly Argument<string[]> _checkpoints;
    private readonly Option<string> _urls;
    private readonly Option<string> _models;
    private readonly Option<int?> _concurrency;
    private readonly Option<int> _maxBatch;
    private readonly Option<int> _maxDelay;
    private readonly Option<int> _queue;
    private readonly Option<string> _apiKey;
    private readonly Option<int> _rate;
    private readonly Option<int?> _threads;

    /// <summary>Declares the verb.</summary>
    public ServeVerb()
        : base(
            "serve",
            "Serve models over HTTP: a page at /, an API below /v1, the Open Inference Protocol below /v2, its description at /scalar.",
            "fovea serve cifar10/cmt_nano",
            "fovea serve runs/first/best.safetensors cells=runs/cells/best.safetensors --urls http://127.0.0.1:9000",
            "fovea serve --models trained/ --api-key keys.txt --urls http://0.0.0.0:8080")
    {
        _checkpoints = AddArgument<string[]>(
            "CHECKPOINT", "Checkpoints, or names of networks that ship; NAME=CHECKPOINT chooses the name in the address.");
        _checkpoints.Arity = ArgumentArity.ZeroOrMore;
        _urls = AddOption("--urls", "Addresses to listen on, with ; between.", "http://127.0.0.1:8080");
        _models = AddOption<string>("--models", "Serve the checkpoints in this folder, and load again what changes there.");
        _concurrency = AddOption<int?>(
            "--concurrency",
            "Most batches of a model that run side by side; one that is alone has all threads. [default: one for each thread, up to 8]");
        _maxBatch = AddOption("--max-batch", "Most images that run together; the answers are the same to the bit.", 8);
        _maxDelay = AddOption("--max-delay", "Milliseconds that an image waits at most for others that are being decoded.", 5);
        _queue = AddOption("--queue", "Images of a model that may wait; further requests are refused at once.", 16);
        _apiKey = AddOption<string>("--api-key", "File with keys, one a line, of which clients must send one.");
        _rate = AddOption("--rate", "Requests in a second that a client may send; 0 for any number.", 0);
        _threads = AddThreads("Threads to run on.");
    }

    /// <inheritdoc/>
    public override async Task<int> RunAsync(VerbContext context, CancellationToken cancellation)
    {
        string[] checkpoints = [.. context.Value(_checkpoints).Select(Resolve)];
        string? models = context.Value(_models);
        if (checkpoints.Length == 0 && models is null)
        {
            throw new UsageException("Nothing to serve: give a checkpoint, or a folder of them with --models.");
        }

        if (models is not null && !Directory.Exists(models))
        {
            throw new UsageException($"--models {models}: there is no such folder.");
        }

        if (context.Value(_apiKey) is string file && !File.Exists(file))
        {
            throw new UsageException($"--api-key {file}: there is no such file.");
        }

        List<string> arguments =
        [
            $"--urls={context.Value(_urls)}",
            Whole("MaxBatch", _maxBatch, 1, 64),
            Whole("MaxDelay", _maxDelay, 0, 60_000),
            Whole("Queue", _queue, 1, 10_000),
            Whole("RequestsPerSecond", _rate, 0, int.MaxValue),
            $"--Fovea:Json={context.Json}",
            .. checkpoints.Select((checkpoint, i) => string.Create(CultureInfo.InvariantCulture, $"--Fovea:Checkpoints:{i}={checkpoint}")),
        ];
        if (context.Value(_concurrency) is int concurrency)
        {
            arguments.Add(Within("Concurrency", _concurrency, concurrency, 1, 64));
        }

        AddText("Models", models);
        AddText("ApiKeyFile", context.Value(_apiKey));
        AddText("Threads", Threads(context, _threads)?.ToString(CultureInfo.InvariantCulture));
        AddText("MaxPixels", context.MaxPixels?.ToString(CultureInfo.InvariantCulture));
        return await ServerProcess.RunAsync(arguments, cancellation).ConfigureAwait(false);

        string Whole(string name, Option<int> option, int least, int most) => Within(name, option, context.Value(option), least, most);

        static string Within(string name, Option option, int value, int least, int most) => value >= least && value <= most
            ? string.Create(CultureInfo.InvariantCulture, $"--Fovea:{name}={value}")
            : throw new UsageException($"{option.Name} must be from {least} to {most}.");

        void AddText(string name, string? value)
        {
            if (value is not null)
            {
                arguments.Add($"--Fovea:{name}={value}");
            }
        }
    }

    /// <summary>Finds a checkpoint by its path or as a network that ships, which also names it: <c>cifar10/cmt_nano</c>.</summary>
    private static string Resolve(string checkpoint)
    {
        int equals = File.Exists(checkpoint) ? -1 : checkpoint.IndexOf('=', StringComparison.Ordinal);
        string given = checkpoint[(equals + 1)..];
        string path = ShippedNetworks.Resolve(given);
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{given}: there is no such file. 'fovea models' lists the networks that ship.");
        }

        return equals > 0 ? $"{checkpoint[..equals]}={path}" : path == given ? path : $"{given.Replace('/', '-')}={path}";
    }
}
