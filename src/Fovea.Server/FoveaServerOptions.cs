namespace Fovea.Server;

/// <summary>
/// Choices for a server. The program reads them from the section <c>Fovea</c> of its configuration: from its arguments
/// (<c>--Fovea:MaxBatch=8</c>) or the environment (<c>Fovea__MaxBatch=8</c>).
/// </summary>
public sealed class FoveaServerOptions
{
    // Each lane has working memory of its own.
    private const int UsualLanes = 8;

    /// <summary>Checkpoints to serve: paths, or NAME=PATH to choose the name in the address.</summary>
    public IList<string> Checkpoints { get; } = [];

    /// <summary>Folder whose checkpoints are served, and loaded again when they change; null for none.</summary>
    public string? Models { get; set; }

    /// <summary>
    /// Most batches of a model that run side by side, with an equal share of the threads each; one for each thread, up to eight, where
    /// null. A batch that has the model to itself runs on all threads.
    /// </summary>
    public int? Concurrency { get; set; }

    /// <summary>Most images that run together.</summary>
    public int MaxBatch { get; set; } = 8;

    /// <summary>
    /// Milliseconds that an image waits at most for others to run with it. It waits only for those that have been admitted and are being
    /// decoded.
    /// </summary>
    public int MaxDelay { get; set; } = 5;

    /// <summary>Images of a model that may wait, beside those that run; further requests are refused with 503.</summary>
    public int Queue { get; set; } = 16;

    /// <summary>Threads that networks run on; all processors where null.</summary>
    public int? Threads { get; set; }

    /// <summary>Most bytes of the body of a request.</summary>
    public long MaxBodyBytes { get; set; } = 32L << 20;

    /// <summary>Most pixels of an image, for the whole process.</summary>
    public long MaxPixels { get; set; } = 50_000_000;

    /// <summary>Most images of a request.</summary>
    public int MaxImages { get; set; } = 16;

    /// <summary>Seconds after which a request that has not begun to run is given up with 504.</summary>
    public double RequestTimeout { get; set; } = 30;

    /// <summary>Seconds that requests may still take after the server was asked to stop.</summary>
    public double DrainTimeout { get; set; } = 30;

    /// <summary>Requests in a second that a client may send, by its key or else its address; 0 for any number.</summary>
    public int RequestsPerSecond { get; set; }

    /// <summary>File with the keys that clients must have one of, one a line; null where none is asked for.</summary>
    public string? ApiKeyFile { get; set; }

    /// <summary>Number of batches of a model that run side by side under load, none of them without a thread.</summary>
    internal int Lanes => Math.Min(Concurrency ?? UsualLanes, Threads ?? Environment.ProcessorCount);

    /// <summary>Checks that the values fit together.</summary>
    /// <exception cref="ArgumentException">One does not; the message names it.</exception>
    public void Validate()
    {
        Require(Concurrency is null or (>= 1 and <= 64), nameof(Concurrency), "from 1 to 64");
        Require(MaxBatch is >= 1 and <= 64, nameof(MaxBatch), "from 1 to 64");
        Require(MaxDelay is >= 0 and <= 60_000, nameof(MaxDelay), "from 0 to 60000 milliseconds");
        Require(Queue is >= 1 and <= 10_000, nameof(Queue), "from 1 to 10000");
        Require(Threads is null or (>= 1 and <= 1024), nameof(Threads), "from 1 to 1024");
        Require(MaxBodyBytes is >= 1024 and <= 1L << 30, nameof(MaxBodyBytes), "from 1024 to 1073741824");
        Require(MaxPixels >= 1, nameof(MaxPixels), "at least 1");
        Require(MaxImages is >= 1 and <= 1024, nameof(MaxImages), "from 1 to 1024");
        Require(RequestTimeout > 0, nameof(RequestTimeout), "above 0 seconds");
        Require(DrainTimeout > 0, nameof(DrainTimeout), "above 0 seconds");
        Require(RequestsPerSecond >= 0, nameof(RequestsPerSecond), "at least 0");

        static void Require(bool condition, string name, string range)
        {
            if (!condition)
            {
                throw new ArgumentException($"{name} must be {range}.");
            }
        }
    }
}
