namespace Fovea.Server;

/// <summary>
/// Bound on the images of a model that are in the server at the same time, whether they arrive, are decoded, wait or run. What is beyond is
/// refused at once, so that admitted images keep their latency and memory stays bounded.
/// </summary>
/// <param name="limit">Most images.</param>
internal sealed class Admission(int limit)
{
    private readonly Lock _gate = new();
    private int _admitted;
    private int _preparing;
    private double _secondsPerImage;

    /// <summary>Images that were admitted and have not left.</summary>
    public int Admitted => Volatile.Read(ref _admitted);

    /// <summary>Admitted images that have not reached a queue yet.</summary>
    public int Preparing => Volatile.Read(ref _preparing);

    /// <summary>Seconds after which there is likely room again, at least one.</summary>
    public int RetryAfterSeconds
    {
        get
        {
            lock (_gate)
            {
                return (int)Math.Clamp(Math.Ceiling(_admitted * _secondsPerImage), 1, 60);
            }
        }
    }

    /// <summary>Admits images, all or none.</summary>
    /// <param name="images">Number of images.</param>
    public bool TryEnter(int images = 1)
    {
        lock (_gate)
        {
            if (_admitted + images > limit)
            {
                return false;
            }

            _admitted += images;
            _preparing += images;
            return true;
        }
    }

    /// <summary>Tells that images are prepared: in a queue, or given up.</summary>
    /// <param name="images">Number of images.</param>
    public void Prepared(int images = 1) => Interlocked.Add(ref _preparing, -images);

    /// <summary>Lets images go.</summary>
    /// <param name="images">Number of images.</param>
    public void Leave(int images)
    {
        lock (_gate)
        {
            _admitted -= images;
        }
    }

    /// <summary>Takes the time of a batch into the average.</summary>
    /// <param name="images">Images of the batch.</param>
    /// <param name="ran">Time of the run.</param>
    /// <param name="lanes">Batches that run side by side.</param>
    public void Measure(int images, TimeSpan ran, int lanes)
    {
        double seconds = ran.TotalSeconds / images / lanes;
        lock (_gate)
        {
            _secondsPerImage = _secondsPerImage == 0 ? seconds : (0.9 * _secondsPerImage) + (0.1 * seconds);
        }
    }
}
