using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fovea.Server;

/// <summary>Model and place in the server that a request holds while it is answered.</summary>
/// <param name="Model">The model.</param>
/// <param name="Ticket">Place in the server.</param>
/// <param name="Timing">Takes the times of the phases.</param>
/// <param name="Cancellation">Ends where the client leaves, or its time is over.</param>
internal sealed record ModelRequest(ServedModel Model, Ticket Ticket, RequestTiming Timing, CancellationToken Cancellation);

/// <summary>Requests for models, from admission to answer.</summary>
internal sealed class ModelRequests(
    FoveaServerOptions options,
    ModelSet models,
    ServerHealth health,
    RequestBody body,
    Decoders decoders,
    Inference inference,
    ServerMetrics metrics,
    ILogger<ModelRequests> log)
{
    /// <summary>Answers a request for a task with the images of its body.</summary>
    /// <param name="http">Request and answer.</param>
    /// <param name="name">Name of the model.</param>
    /// <param name="verb">The task.</param>
    public Task<IResult> AnswerAsync(HttpContext http, string name, string verb) => WithModelAsync(http, name, async request =>
    {
        TaskRunner runner = request.Model.Runners.FirstOrDefault(runner => runner.Verb == verb) ?? throw NotDone(request.Model, verb);
        IReadOnlyList<SentImage> images = await body.ReadImagesAsync(http.Request, request.Cancellation).ConfigureAwait(false);
        request.Ticket.Extend(images.Count);
        return await runner.AnswerAsync(
            new TaskRequest(request.Ticket, images, http.Request.Query, decoders, request.Timing, request.Cancellation))
            .ConfigureAwait(false);
    });

    /// <summary>Answers a request of the Open Inference Protocol.</summary>
    /// <param name="http">Request and answer.</param>
    /// <param name="name">Name of the model.</param>
    public Task<IResult> InferAsync(HttpContext http, string name) => WithModelAsync(http, name, async request =>
    {
        byte[] bytes = await body.ReadAsync(http.Request, request.Cancellation).ConfigureAwait(false);
        return await inference.AnswerAsync(request, InferCall.Read(bytes, http.Request.Headers)).ConfigureAwait(false);
    });

    /// <summary>Describes all models.</summary>
    public IResult Cards()
    {
        List<ModelCard> cards = [];
        foreach (string name in models.Names)
        {
            if (models.Hold(name) is ServedModel model)
            {
                cards.Add(ModelCard.Of(model));
                model.Release();
            }
        }

        return TypedResults.Json(new ModelCards(cards), ServerJson.Default.ModelCards);
    }

    /// <summary>Describes a model.</summary>
    /// <param name="http">Request and answer.</param>
    /// <param name="name">Name of the model.</param>
    public Task<IResult> CardAsync(HttpContext http, string name) =>
        HeldAsync(http, name, model => TypedResults.Json(ModelCard.Of(model), ServerJson.Default.ModelCard));

    /// <summary>Describes the layers and methods that explain a model.</summary>
    /// <param name="http">Request and answer.</param>
    /// <param name="name">Name of the model.</param>
    public Task<IResult> ExplainableAsync(HttpContext http, string name) => HeldAsync(http, name, model =>
    {
        ExplainRunner runner = model.Runners.OfType<ExplainRunner>().FirstOrDefault() ?? throw NotDone(model, ExplainRunner.Name);
        return TypedResults.Json(runner.Describe(), ServerJson.Default.ExplainableModel);
    });

    /// <summary>Tells something of a model, whatever the state of the server.</summary>
    /// <param name="http">Request and answer.</param>
    /// <param name="name">Name of the model.</param>
    /// <param name="tell">Makes the answer.</param>
    public Task<IResult> HeldAsync(HttpContext http, string name, Func<ServedModel, IResult> tell) =>
        Problems.GuardAsync(http, log, () =>
        {
            ServedModel model = Hold(name);
            try
            {
                return Task.FromResult(tell(model));
            }
            finally
            {
                model.Release();
            }
        });

    /// <summary>Holds a model and a place in the server while a request is answered.</summary>
    /// <param name="http">Request and answer.</param>
    /// <param name="name">Name of the model.</param>
    /// <param name="answer">Makes the answer.</param>
    private Task<IResult> WithModelAsync(HttpContext http, string name, Func<ModelRequest, Task<IResult>> answer) =>
        Problems.GuardAsync(http, log, async () =>
        {
            if (!health.IsReady)
            {
                metrics.Rejected("", health.State);
                throw new RequestException(StatusCodes.Status503ServiceUnavailable, $"The server is {health.State}.")
                {
                    RetryAfterSeconds = 1,
                };
            }

            ServedModel model = Hold(name);
            try
            {
                return await AdmitAsync(http, model, answer).ConfigureAwait(false);
            }
            finally
            {
                model.Release();
            }
        });

    private ServedModel Hold(string name) => models.Hold(name) ?? throw new RequestException(
        StatusCodes.Status404NotFound, $"There is no model of this name. There are: {string.Join(", ", models.Names)}.");

    private async Task<IResult> AdmitAsync(HttpContext http, ServedModel model, Func<ModelRequest, Task<IResult>> answer)
    {
        try
        {
            using Ticket ticket = Ticket.Of(model.Admission);
            metrics.AdmittedTo(http.Response);
            using Activity? activity = ServerMetrics.Source.StartActivity("fovea.answer");
            activity?.SetTag("fovea.model", model.Name);
            using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
            deadline.CancelAfter(TimeSpan.FromSeconds(options.RequestTimeout));
            RequestTiming timing = new(metrics, model.Name);
            IResult result = await answer(new ModelRequest(model, ticket, timing, deadline.Token)).ConfigureAwait(false);
            timing.Write(http.Response.Headers);
            return result;
        }
        catch (RequestException error) when (error.Status == StatusCodes.Status503ServiceUnavailable)
        {
            metrics.Rejected(model.Name, "full");
            throw;
        }
        catch (OperationCanceledException)
        {
            metrics.Rejected(model.Name, http.RequestAborted.IsCancellationRequested ? "left" : "late");
            throw;
        }
    }

    private static RequestException NotDone(ServedModel model, string verb) => new(
        StatusCodes.Status404NotFound,
        $"The model {model.Name} does not {verb}; it does {string.Join(", ", model.Runners.Select(runner => runner.Verb))}.");
}
