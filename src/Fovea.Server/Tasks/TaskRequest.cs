using System.Globalization;
using Fovea.Data;
using Fovea.Tasks;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>A request for a task: its images, the options of its address, and the time that it may take.</summary>
/// <param name="ticket">Place of the request in the server.</param>
/// <param name="images">Images in the order in which they were sent.</param>
/// <param name="query">Options of the address.</param>
/// <param name="decoders">Where images are decoded.</param>
/// <param name="timing">Takes the times of the phases.</param>
/// <param name="cancellation">Ends where the client leaves, or its time is over.</param>
internal sealed class TaskRequest(
    Ticket ticket,
    IReadOnlyList<SentImage> images,
    IQueryCollection query,
    Decoders decoders,
    RequestTiming timing,
    CancellationToken cancellation)
{
    /// <summary>Ends where the client leaves, or its time is over.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>A whole number of the address.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The value where it is not given.</param>
    /// <param name="least">Least value.</param>
    /// <param name="most">Greatest value.</param>
    /// <exception cref="RequestException">It is no such number.</exception>
    public int Whole(string name, int value, int least, int most)
    {
        if (query[name].ToString() is not { Length: > 0 } text)
        {
            return value;
        }

        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            && number >= least && number <= most
            ? number
            : throw new RequestException(
                StatusCodes.Status400BadRequest, $"'{name}' must be a whole number from {least} to {most}.");
    }

    /// <summary>A number of the address, from 0 up to 1.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">The value where it is not given.</param>
    /// <exception cref="RequestException">It is no such number.</exception>
    public double Share(string name, double value)
    {
        if (query[name].ToString() is not { Length: > 0 } text)
        {
            return value;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number is >= 0 and < 1
            ? number
            : throw new RequestException(StatusCodes.Status400BadRequest, $"'{name}' must be a number from 0 up to 1.");
    }

    /// <summary>Answers every image that can be read, side by side.</summary>
    /// <typeparam name="TItem">Type of a prepared image.</typeparam>
    /// <typeparam name="TResult">Type of a network's result.</typeparam>
    /// <typeparam name="TAnswer">Type of an answer.</typeparam>
    /// <param name="prepare">Prepares a decoded image, off the threads of the network.</param>
    /// <param name="queue">Where prepared images wait for their turn.</param>
    /// <param name="answer">Makes an answer of a prepared image's result.</param>
    /// <returns>Answers in the order of the images, and those that could not be read; null where all could.</returns>
    /// <exception cref="FoveaException">No image can be read: what is wrong with the first.</exception>
    public async Task<(IReadOnlyList<TAnswer> Answers, IReadOnlyList<ImageFailure>? Failures)> EachAsync<TItem, TResult, TAnswer>(
        Func<Image, TItem> prepare, BatchQueue<TItem, TResult> queue, Func<SentImage, Image, TResult, TAnswer> answer)
    {
        Outcome<TAnswer>[] outcomes = await Task.WhenAll(images.Select(image => OneAsync(image, prepare, queue, answer)))
            .ConfigureAwait(false);
        Outcome<TAnswer>[] failed = [.. outcomes.Where(outcome => outcome.Error is not null)];
        if (failed.Length == images.Count)
        {
            throw failed[0].Error!;
        }

        return (
            [.. outcomes.Where(outcome => outcome.Error is null).Select(outcome => outcome.Answer!)],
            failed.Length == 0 ? null : [.. failed.Select(outcome => new ImageFailure(outcome.Image, outcome.Error!.Message))]);
    }

    private async Task<Outcome<TAnswer>> OneAsync<TItem, TResult, TAnswer>(
        SentImage image,
        Func<Image, TItem> prepare,
        BatchQueue<TItem, TResult> queue,
        Func<SentImage, Image, TResult, TAnswer> answer)
    {
        Image decoded;
        TItem item;
        try
        {
            using (timing.Decoding())
            {
                (decoded, item) = await decoders.RunAsync(() => Prepared(image, prepare), cancellation).ConfigureAwait(false);
            }
        }
        catch (FoveaException error) when (error is UnusableDataException or RequestException)
        {
            return new Outcome<TAnswer>(image.Name, default, error);
        }
        finally
        {
            // Before it is in the queue, where nobody shall wait for it as for one that is yet to come.
            ticket.Prepared();
        }

        BatchedResult<TResult> result = await queue.AddAsync(item, cancellation).ConfigureAwait(false);
        timing.Add(result.Batch, result.Waited, result.Ran);
        return new Outcome<TAnswer>(image.Name, answer(image, decoded, result.Value), null);
    }

    private static (Image Image, TItem Item) Prepared<TItem>(SentImage image, Func<Image, TItem> prepare)
    {
        Image decoded = image.Decode();
        return (decoded, prepare(decoded));
    }

    private readonly record struct Outcome<T>(string Image, T? Answer, FoveaException? Error);
}
