using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Fovea.Server;

/// <summary>Bodies of requests, read to memory within limits: nothing is written to a file.</summary>
/// <param name="options">Limits.</param>
internal sealed class RequestBody(FoveaServerOptions options)
{
    private const int FirstBlock = 1 << 16;
    private const int MaxName = 200;
    private const int MaxPartHeaders = 8;
    private const int MaxPartHeaderBytes = 4096;

    /// <summary>Reads a body whole.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellation">Gives up reading.</param>
    /// <exception cref="RequestException">The body is too long, or encoded once more.</exception>
    public Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellation)
    {
        RequirePlain(request);
        return ReadAsync(request.Body, request.ContentLength, options.MaxBodyBytes, cancellation);
    }

    /// <summary>Reads the images of a body: one as it is, or those of <c>multipart/form-data</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellation">Gives up reading.</param>
    /// <exception cref="RequestException">The body has none, too many or too long ones, or is cut off.</exception>
    public async Task<IReadOnlyList<SentImage>> ReadImagesAsync(HttpRequest request, CancellationToken cancellation)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type)
            || !type.Type.StartsWith("multipart", StringComparison.OrdinalIgnoreCase))
        {
            if (type?.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) == true)
            {
                throw new RequestException(
                    StatusCodes.Status415UnsupportedMediaType,
                    "This is JSON. Send the image itself as the body, or one or several as multipart/form-data; JSON is for /v2.");
            }

            return [new SentImage("image", await ReadAsync(request, cancellation).ConfigureAwait(false))];
        }

        RequirePlain(request);
        string boundary = HeaderUtilities.RemoveQuotes(type.Boundary).ToString();
        if (boundary is not { Length: > 0 and <= 200 })
        {
            throw new RequestException(StatusCodes.Status400BadRequest, "The content type multipart/form-data lacks its boundary.");
        }

        try
        {
            return await ReadPartsAsync(request.Body, boundary, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            throw new RequestException(
                StatusCodes.Status400BadRequest, $"The multipart body is damaged or cut off: {error.Message}", error);
        }
    }

    private static void RequirePlain(HttpRequest request)
    {
        string encoding = request.Headers.ContentEncoding.ToString();
        if (encoding.Length > 0 && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw new RequestException(
                StatusCodes.Status415UnsupportedMediaType,
                "The body has a content encoding. Send it as it is: images are compressed already, and tensors hardly get smaller.");
        }
    }

    private async Task<IReadOnlyList<SentImage>> ReadPartsAsync(Stream body, string boundary, CancellationToken cancellation)
    {
        MultipartReader reader = new(boundary, body)
        {
            HeadersCountLimit = MaxPartHeaders,
            HeadersLengthLimit = MaxPartHeaderBytes,
        };
        List<SentImage> images = [];
        long left = options.MaxBodyBytes;
        while (await reader.ReadNextSectionAsync(cancellation).ConfigureAwait(false) is MultipartSection section)
        {
            if (images.Count == options.MaxImages)
            {
                throw new RequestException(
                    StatusCodes.Status413PayloadTooLarge, $"A request may have {options.MaxImages} images. Send the others in another.");
            }

            byte[] bytes = await ReadAsync(section.Body, null, left, cancellation).ConfigureAwait(false);
            left -= bytes.Length;
            images.Add(new SentImage(NameOf(section, images.Count + 1), bytes));
        }

        return images.Count > 0
            ? images
            : throw new RequestException(StatusCodes.Status400BadRequest, "The multipart body has no image.");
    }

    private static string NameOf(MultipartSection section, int number)
    {
        ContentDispositionHeaderValue? disposition = section.GetContentDispositionHeader();
        string name = (disposition?.FileNameStar ?? default) is { Length: > 0 } star
            ? star.ToString()
            : HeaderUtilities.RemoveQuotes(disposition?.FileName ?? default).ToString();

        // A name is for the answer alone; folders in it would tell of the client's machine.
        name = string.Concat(name.Split('/', '\\')[^1].Where(letter => !char.IsControl(letter)).Take(MaxName));
        return name.Length > 0 ? name : $"image {number}";
    }

    private static async Task<byte[]> ReadAsync(Stream stream, long? announced, long limit, CancellationToken cancellation)
    {
        if (announced > limit)
        {
            throw TooLong(limit);
        }

        // What a header announces is not believed: memory grows with what has come.
        byte[] bytes = new byte[Math.Min(announced ?? FirstBlock, FirstBlock)];
        int length = 0;
        while (true)
        {
            if (length == bytes.Length)
            {
                // One byte more than announced, to find the end.
                long larger = Math.Min(Math.Max(2L * length, FirstBlock), limit + 1);
                Array.Resize(ref bytes, (int)Math.Min(larger, announced + 1 ?? larger));
            }

            int read = await stream.ReadAsync(bytes.AsMemory(length), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            length += read;
            if (length > limit)
            {
                throw TooLong(limit);
            }
        }

        Array.Resize(ref bytes, length);
        return bytes;
    }

    private static RequestException TooLong(long limit) =>
        new(StatusCodes.Status413PayloadTooLarge, $"The body has more than {limit} bytes.");
}
