using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>A request's place in the server, for each of its images, until it is disposed of.</summary>
internal sealed class Ticket : IDisposable
{
    private readonly Admission _admission;
    private int _images;
    private int _prepared;

    private Ticket(Admission admission) => _admission = admission;

    /// <summary>Admits a request, before its body is read.</summary>
    /// <param name="admission">Bound on the model's images.</param>
    /// <exception cref="RequestException">The server is full.</exception>
    public static Ticket Of(Admission admission)
    {
        Ticket ticket = new(admission);
        ticket.Extend(1);
        return ticket;
    }

    /// <summary>Admits all images of a request, once their number is known.</summary>
    /// <param name="images">Number of images.</param>
    /// <exception cref="RequestException">The server is full.</exception>
    public void Extend(int images)
    {
        if (images > _images)
        {
            if (!_admission.TryEnter(images - _images))
            {
                throw new RequestException(StatusCodes.Status503ServiceUnavailable, "The server is full. Ask again a little later.")
                {
                    RetryAfterSeconds = _admission.RetryAfterSeconds,
                };
            }

            _images = images;
        }
    }

    /// <summary>Tells that an image is prepared: in a queue, or given up.</summary>
    public void Prepared()
    {
        Interlocked.Increment(ref _prepared);
        _admission.Prepared();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _admission.Prepared(_images - Volatile.Read(ref _prepared));
        _admission.Leave(_images);
    }
}
