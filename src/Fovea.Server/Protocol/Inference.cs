using Fovea.Data;
using Fovea.Tasks;
using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>Inferences by the Open Inference Protocol.</summary>
/// <param name="options">Limits.</param>
/// <param name="decoders">Where images are decoded.</param>
internal sealed class Inference(FoveaServerOptions options, Decoders decoders)
{
    /// <summary>Answers a request.</summary>
    /// <param name="request">Model and place in the server.</param>
    /// <param name="call">What is asked for.</param>
    /// <exception cref="RequestException">The request does not fit the model.</exception>
    /// <exception cref="FoveaException">An encoded image cannot be read.</exception>
    public async Task<IResult> AnswerAsync(ModelRequest request, InferCall call)
    {
        IReadOnlyList<OutputTensor> outputs =
            await RunAsync(request, call.Tensor, request.Model.Runners[0]).ConfigureAwait(false);
        if (call.Request.Outputs?.FirstOrDefault(wanted => outputs.All(output => output.Name != wanted?.Name)) is InferWanted unknown)
        {
            throw TensorSource.Wrong($"there is no output '{unknown.Name}'");
        }

        return new InferResult(request.Model.Name, call, [.. outputs.Where(output => call.Wants(output.Name))]);
    }

    private async Task<IReadOnlyList<OutputTensor>> RunAsync(ModelRequest request, TensorSource input, TaskRunner runner)
    {
        Preprocessing preprocessing = request.Model.Info.Preprocessing;
        switch (runner, input.Name, input.Datatype)
        {
            case (ClassifyRunner classify, Protocol.Images, Protocol.Float):
                return await ClassifyAsync(request, classify, Prepared(request, input)).ConfigureAwait(false);
            case (ClassifyRunner classify, Protocol.Encoded, Protocol.Bytes):
                PreparedTensor[] decoded = await DecodeAsync(request, input, image => PreparedTensor.Of(preprocessing, image))
                    .ConfigureAwait(false);
                return await ClassifyAsync(request, classify, decoded).ConfigureAwait(false);
            case (DetectRunner detect, Protocol.Encoded, Protocol.Bytes):
                return await DetectAsync(request, detect, await DecodeAsync(request, input, image => image).ConfigureAwait(false))
                    .ConfigureAwait(false);
            case (SegmentRunner segment, Protocol.Encoded, Protocol.Bytes):
                return await SegmentAsync(request, segment, await DecodeAsync(request, input, image => image).ConfigureAwait(false))
                    .ConfigureAwait(false);
            default:
                IEnumerable<string> known = Protocol.Describe(request.Model).Inputs.Select(one => $"'{one.Name}' of {one.Datatype}");
                throw TensorSource.Wrong(
                    $"there is no input '{input.Name}' of {input.Datatype}; there are {string.Join(", ", known)}");
        }
    }

    /// <summary>Images that come as the network takes them, channels last, or channels first as other frameworks take them.</summary>
    private PreparedTensor[] Prepared(ModelRequest request, TensorSource input)
    {
        Preprocessing preprocessing = request.Model.Info.Preprocessing;
        (int height, int width, int channels) = (preprocessing.Height, preprocessing.Width, preprocessing.Channels);
        bool channelsLast = input.Shape is [_, long rows, long columns, long last] && (rows, columns, last) == (height, width, channels);
        bool channelsFirst = input.Shape is [_, long first, long down, long across] && (down, across, first) == (height, width, channels);
        if (!channelsLast && !channelsFirst)
        {
            throw TensorSource.Wrong(
                $"images are (N, {height}, {width}, {channels}) or (N, {channels}, {height}, {width}), "
                + $"not ({string.Join(", ", input.Shape)})");
        }

        int count = Count(input);
        using PreparedTensor together = new(count * preprocessing.Length);
        input.CopyFloats(together.Values);
        request.Ticket.Extend(count);
        PreparedTensor[] prepared = new PreparedTensor[count];
        for (int i = 0; i < count; i++)
        {
            prepared[i] = new PreparedTensor(preprocessing.Length);
            Span<float> image = together.Values.Slice(i * preprocessing.Length, preprocessing.Length);
            if (channelsLast)
            {
                image.CopyTo(prepared[i].Values);
            }
            else
            {
                ToChannelsLast(image, prepared[i].Values, channels);
            }
        }

        return prepared;
    }

    private static void ToChannelsLast(ReadOnlySpan<float> planes, Span<float> image, int channels)
    {
        int pixels = planes.Length / channels;
        for (int i = 0; i < image.Length; i++)
        {
            (int pixel, int channel) = Math.DivRem(i, channels);
            image[i] = planes[(channel * pixels) + pixel];
        }
    }

    private async Task<T[]> DecodeAsync<T>(ModelRequest request, TensorSource input, Func<Image, T> prepare)
    {
        if (input.Shape is not ([_] or [_, 1]))
        {
            throw TensorSource.Wrong($"encoded images are (N) or (N, 1), not ({string.Join(", ", input.Shape)})");
        }

        IReadOnlyList<byte[]> images = input.Images(Count(input));
        request.Ticket.Extend(images.Count);
        using (request.Timing.Decoding())
        {
            return await Task.WhenAll(images.Select((bytes, i) => decoders.RunAsync(
                () => prepare(new SentImage($"image {i + 1}", bytes).Decode()), request.Cancellation))).ConfigureAwait(false);
        }
    }

    /// <summary>Images that a shape claims; places are taken for them once their data are there.</summary>
    private int Count(TensorSource input)
    {
        long count = input.Shape[0];
        if (count < 1 || count > options.MaxImages)
        {
            throw TensorSource.Wrong($"a request has from 1 to {options.MaxImages} images, not {count}");
        }

        return (int)count;
    }

    private static async Task<IReadOnlyList<OutputTensor>> ClassifyAsync(
        ModelRequest request, ClassifyRunner classify, PreparedTensor[] prepared)
    {
        float[][] rows = await RunAsync(request, classify.Queue, prepared).ConfigureAwait(false);
        IReadOnlyList<string> classes = request.Model.Info.Classes;
        return
        [
            OutputTensor.Floats(Protocol.Probabilities, [rows.Length, classes.Count], [.. rows.SelectMany(row => row)]),
            OutputTensor.Texts(Protocol.Labels, [rows.Length], [.. rows.Select(row => Prediction.Best(row, classes, 1)[0].Class)]),
        ];
    }

    private static async Task<IReadOnlyList<OutputTensor>> DetectAsync(ModelRequest request, DetectRunner detect, Image[] images)
    {
        (Image Image, double Threshold) item = (OnlyOneOf(images), DetectRunner.UsualThreshold);
        IReadOnlyList<Tasks.Detection> found = (await RunAsync(request, detect.Queue, [item]).ConfigureAwait(false))[0];
        return
        [
            OutputTensor.Floats(
                Protocol.Boxes,
                [found.Count, 4],
                [.. found.SelectMany(one => new[] { one.Box.Left, one.Box.Top, one.Box.Right, one.Box.Bottom })]),
            OutputTensor.Floats(Protocol.Scores, [found.Count], [.. found.Select(one => one.Score)]),
            OutputTensor.Texts(Protocol.Labels, [found.Count], [.. found.Select(one => one.Class)]),
        ];
    }

    private static async Task<IReadOnlyList<OutputTensor>> SegmentAsync(ModelRequest request, SegmentRunner segment, Image[] images)
    {
        Segmentation found = (await RunAsync(request, segment.Queue, [OnlyOneOf(images)]).ConfigureAwait(false))[0];
        IReadOnlyList<string> classes = request.Model.Info.Classes;
        return
        [
            OutputTensor.Indices(Protocol.Classes, [1, found.Classes.Height, found.Classes.Width], found.Classes.Pixels),
            OutputTensor.Texts(Protocol.Labels, [classes.Count], [.. classes]),
        ];
    }

    private static Image OnlyOneOf(Image[] images) => images.Length == 1
        ? images[0]
        : throw TensorSource.Wrong("a model whose outputs depend on the image's size or content takes one image a request");

    private static async Task<TResult[]> RunAsync<TItem, TResult>(
        ModelRequest request, BatchQueue<TItem, TResult> queue, IReadOnlyList<TItem> items)
    {
        Task<BatchedResult<TResult>>[] waiting =
        [
            .. items.Select(item =>
            {
                request.Ticket.Prepared();
                return queue.AddAsync(item, request.Cancellation);
            }),
        ];
        BatchedResult<TResult>[] results = await Task.WhenAll(waiting).ConfigureAwait(false);
        foreach (BatchedResult<TResult> result in results)
        {
            request.Timing.Add(result.Batch, result.Waited, result.Ran);
        }

        return [.. results.Select(result => result.Value)];
    }
}
