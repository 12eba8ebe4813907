using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Fovea.Client;

/// <summary>
/// Client of Fovea's server: classes, objects, segments and explanations of images over HTTP. Any number of threads may ask at the same
/// time.
/// </summary>
/// <param name="http">
/// Connection whose base address is the server's, such as <c>http://127.0.0.1:8080</c>; it stays the caller's. A key of the server is its
/// default header <c>Authorization: Bearer KEY</c>.
/// </param>
public sealed class FoveaClient(HttpClient http)
{
    /// <summary>Lists the models of the server.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="FoveaServerException">The server refused.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public async Task<IReadOnlyList<ServedModel>> ListModelsAsync(CancellationToken cancellation = default)
    {
        using HttpResponseMessage response = await http.GetAsync(Address("v1/models"), cancellation).ConfigureAwait(false);
        return (await ReadAsync(response, ClientJson.Default.ServedModels, cancellation).ConfigureAwait(false)).Models;
    }

    /// <summary>Asks whether the server answers requests: false while it starts or drains.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public async Task<bool> IsReadyAsync(CancellationToken cancellation = default)
    {
        using HttpResponseMessage response = await http.GetAsync(Address("v2/health/ready"), cancellation).ConfigureAwait(false);
        return response.IsSuccessStatusCode;
    }

    /// <summary>Predicts the most probable classes of an encoded image, most probable first.</summary>
    /// <param name="model">Name of the model in the server.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF or BMP.</param>
    /// <param name="top">Number of classes to give at most.</param>
    /// <param name="cancellation">Gives up waiting; the server leaves out what has not begun.</param>
    /// <exception cref="FoveaServerException">The server refused, or cannot read the image.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public async Task<IReadOnlyList<ClassScore>> PredictAsync(
        string model, ReadOnlyMemory<byte> image, int top = 3, CancellationToken cancellation = default) =>
        (await PredictAsync(model, [new EncodedImage("image", image)], top, cancellation).ConfigureAwait(false)).Predictions[0].Classes;

    /// <summary>Predicts the most probable classes of several encoded images.</summary>
    /// <param name="model">Name of the model in the server.</param>
    /// <param name="images">The images, at least one.</param>
    /// <param name="top">Number of classes to give at most for each.</param>
    /// <param name="cancellation">Gives up waiting; the server leaves out what has not begun.</param>
    /// <exception cref="FoveaServerException">The server refused, or can read none of the images.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public Task<ClassifiedImages> PredictAsync(
        string model, IReadOnlyList<EncodedImage> images, int top = 3, CancellationToken cancellation = default) =>
        PostAsync(AddressOf(model, "predict", "top", top), images, ClientJson.Default.ClassifiedImages, cancellation);

    /// <summary>Finds the objects in an encoded image, surest first.</summary>
    /// <param name="model">Name of the model in the server.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF or BMP.</param>
    /// <param name="threshold">Score that objects exceed, from 0 up to 1.</param>
    /// <param name="cancellation">Gives up waiting; the server leaves out what has not begun.</param>
    /// <exception cref="FoveaServerException">The server refused, or cannot read the image.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public async Task<ImageObjects> DetectAsync(
        string model, ReadOnlyMemory<byte> image, double threshold = 0.5, CancellationToken cancellation = default) =>
        (await DetectAsync(model, [new EncodedImage("image", image)], threshold, cancellation).ConfigureAwait(false)).Images[0];

    /// <summary>Finds the objects in several encoded images.</summary>
    /// <param name="model">Name of the model in the server.</param>
    /// <param name="images">The images, at least one.</param>
    /// <param name="threshold">Score that objects exceed, from 0 up to 1.</param>
    /// <param name="cancellation">Gives up waiting; the server leaves out what has not begun.</param>
    /// <exception cref="FoveaServerException">The server refused, or can read none of the images.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public Task<DetectedImages> DetectAsync(
        string model, IReadOnlyList<EncodedImage> images, double threshold = 0.5, CancellationToken cancellation = default) =>
        PostAsync(AddressOf(model, "detect", "threshold", threshold), images, ClientJson.Default.DetectedImages, cancellation);

    /// <summary>Tells the class of every pixel of an encoded image.</summary>
    /// <param name="model">Name of the model in the server.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF or BMP.</param>
    /// <param name="cancellation">Gives up waiting; the server leaves out what has not begun.</param>
    /// <exception cref="FoveaServerException">The server refused, or cannot read the image.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public async Task<ImageClassMasks> SegmentAsync(
        string model, ReadOnlyMemory<byte> image, CancellationToken cancellation = default) =>
        (await SegmentAsync(model, [new EncodedImage("image", image)], cancellation).ConfigureAwait(false)).Images[0];

    /// <summary>Tells the class of every pixel of several encoded images.</summary>
    /// <param name="model">Name of the model in the server.</param>
    /// <param name="images">The images, at least one.</param>
    /// <param name="cancellation">Gives up waiting; the server leaves out what has not begun.</param>
    /// <exception cref="FoveaServerException">The server refused, or can read none of the images.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public Task<SegmentedImages> SegmentAsync(
        string model, IReadOnlyList<EncodedImage> images, CancellationToken cancellation = default) =>
        PostAsync(AddressOf(model, "segment"), images, ClientJson.Default.SegmentedImages, cancellation);

    /// <summary>Explains what a classifier answers on an encoded image: a map for each class that is asked for.</summary>
    /// <param name="model">Name of the model in the server.</param>
    /// <param name="image">An encoded image: PNG, JPEG, WebP, GIF or BMP.</param>
    /// <param name="request">Method, classes, layer; the server's choice where null.</param>
    /// <param name="cancellation">Gives up waiting; the server leaves out what has not begun.</param>
    /// <exception cref="FoveaServerException">
    /// The server refused, cannot read the image, or the model has no such layer or method.
    /// </exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public async Task<IReadOnlyList<ExplanationMap>> ExplainAsync(
        string model, ReadOnlyMemory<byte> image, ExplanationRequest? request = null, CancellationToken cancellation = default) =>
        (await ExplainAsync(model, [new EncodedImage("image", image)], request, cancellation).ConfigureAwait(false)).Explanations;

    /// <summary>Explains what a classifier answers on several encoded images.</summary>
    /// <param name="model">Name of the model in the server.</param>
    /// <param name="images">The images, at least one.</param>
    /// <param name="request">Method, classes, layer; the server's choice where null.</param>
    /// <param name="cancellation">Gives up waiting; the server leaves out what has not begun.</param>
    /// <exception cref="FoveaServerException">
    /// The server refused, can read none of the images, or the model has no such layer or method.
    /// </exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public Task<ExplainedImages> ExplainAsync(
        string model,
        IReadOnlyList<EncodedImage> images,
        ExplanationRequest? request = null,
        CancellationToken cancellation = default) =>
        PostAsync(
            AddressOf(model, $"explain?{(request ?? new ExplanationRequest()).ToQuery()}"),
            images,
            ClientJson.Default.ExplainedImages,
            cancellation);

    private static Uri Address(string path) => new(path, UriKind.Relative);

    private static Uri AddressOf(string model, string task) => Address($"v1/models/{Uri.EscapeDataString(model)}/{task}");

    private static Uri AddressOf(string model, string task, string option, IFormattable value) =>
        AddressOf(model, $"{task}?{option}={value.ToString(null, CultureInfo.InvariantCulture)}");

    private async Task<T> PostAsync<T>(
        Uri address, IReadOnlyList<EncodedImage> images, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using HttpContent content = ContentOf(images);
        using HttpResponseMessage response = await http.PostAsync(address, content, cancellation).ConfigureAwait(false);
        return await ReadAsync(response, type, cancellation).ConfigureAwait(false);
    }

    private static HttpContent ContentOf(IReadOnlyList<EncodedImage> images)
    {
        if (images.Count == 1)
        {
            return Binary(images[0]);
        }

        MultipartFormDataContent content = [];
        foreach (EncodedImage image in images)
        {
            content.Add(Binary(image), "image", image.Name);
        }

        return content;
    }

    private static ReadOnlyMemoryContent Binary(EncodedImage image)
    {
        ReadOnlyMemoryContent content = new(image.Bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return content;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw await FoveaServerException.OfAsync(response, cancellation).ConfigureAwait(false);
        }

        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellation).ConfigureAwait(false)
                ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new FoveaServerException(
                response.StatusCode, $"The answer is not one of Fovea's server: {error.Message}", retryAfter: null, error);
        }
    }
}
