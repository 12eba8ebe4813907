using Microsoft.AspNetCore.Http;

namespace Fovea.Server;

/// <summary>One task of one model made ready: takes encoded images, gives an answer.</summary>
/// <param name="verb">Last word of the address.</param>
internal abstract class TaskRunner(string verb) : IDisposable
{
    /// <summary>Last word of the address, which is the verb of the command line.</summary>
    public string Verb => verb;

    /// <summary>Runs once, so that no request waits for what a first run costs.</summary>
    public abstract void Warm();

    /// <summary>Answers a request.</summary>
    /// <param name="request">Images, options and time.</param>
    /// <exception cref="RequestException">The request asks for something that there is not.</exception>
    /// <exception cref="FoveaException">No image can be read.</exception>
    public abstract Task<IResult> AnswerAsync(TaskRequest request);

    /// <summary>Lets what waits run, then frees the plans.</summary>
    public abstract void Dispose();
}
